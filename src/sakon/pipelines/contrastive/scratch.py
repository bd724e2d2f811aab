"""The same encoder, trained from scratch on labels: what the learnt representation is compared with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sakon.layers.adapters import input_layer, with_output_layer
from sakon.lazy import Network, keras
from sakon.metrics import positive_index, problem_metric
from sakon.models.predict import predict_outputs
from sakon.models.predictions import target_values, to_predictions
from sakon.problem import Examples, InputSpec, Problem

BATCH = 32
LEARNING_RATE = 2e-3
FEWEST_STEPS = 10

Learn = Callable[[Examples, int], float]


def from_scratch(network: Network, validation: Examples, input_spec: InputSpec, epochs: int, problem: Problem) -> Learn:
    """Return what trains a copy of the encoder with a linear head, from new weights each time.

    It sees the examples as the first view shows them: on images augmented as for the representation, so that
    the two differ by the examples without a label alone. Its epoch is the one with the lowest loss on
    validation, as everywhere; the step size falls along a cosine (Loshchilov & Hutter 2017, arXiv
    1608.03983). One compiled step serves all trainings; the shared `fit` would compile one for each, and
    report their epochs as the family's own.

    Args:
        network: The contrastive network; only its encoder's architecture and its views are taken.
        validation: Examples to choose the epoch by.
        input_spec: What is read and answered.
        epochs: Passes over the labelled examples; one is at least ten steps.
        problem: Gives the metric.

    Returns:
        A function of labelled examples and a seed that returns the metric on validation.
    """
    model, start, learn = _trainer(network, input_spec)
    metric, actual = problem_metric(input_spec, problem), target_values(validation, input_spec)
    loss_of, positive = _loss(input_spec), positive_index(input_spec, problem)

    def value(labelled: Examples, seed: int) -> float:
        start(seed)
        rng, least, best = np.random.default_rng(seed), np.inf, np.empty(0)
        for done in np.arange(epochs) / epochs:
            rate = LEARNING_RATE * (1 + np.cos(np.pi * done)) / 2
            learn(labelled.x, labelled.y, _order(rng, len(labelled)), rate)
            answers = predict_outputs(model, validation.x)
            loss = float(loss_of(validation.y, answers))
            if loss < least or not len(best):
                least, best = loss, answers
        return metric(actual, to_predictions(best, input_spec), positive)

    return value


def _order(rng: np.random.Generator, rows: int) -> np.ndarray:
    """Return the rows of each step of an epoch, (steps, batch): permutations one after the other."""
    batch = min(BATCH, rows)
    steps = max(FEWEST_STEPS, rows // batch)
    permutations = [rng.permutation(rows) for _ in range(-(-steps * batch // rows))]
    return np.concatenate(permutations)[: steps * batch].reshape(steps, batch).astype(np.int32)


def _trainer(network: Network, input_spec: InputSpec) -> tuple[keras.Model, Callable[[int], None], Any]:
    """Return a model, what gives it new weights drawn from a seed, and what runs an epoch of it."""
    import tensorflow as tf

    inputs = input_layer(input_spec)
    encoder = keras.models.clone_model(network.encoder)
    model = with_output_layer(inputs, encoder(inputs), input_spec, "from_scratch")
    optimizer = keras.optimizers.Adam(LEARNING_RATE, clipnorm=1.0)
    optimizer.build(model.trainable_variables)
    blank = [np.asarray(variable) for variable in optimizer.variables]
    views = type(network.views).from_config(network.views.get_config())
    views.build((None, *input_spec.shape))
    loss_of = _loss(input_spec)
    target = "int32" if input_spec.task == "classification" else "float32"

    def start(seed: int) -> None:
        keras.utils.set_random_seed(seed)
        fresh = with_output_layer(inputs, keras.models.clone_model(network.encoder)(inputs), input_spec, "fresh")
        model.set_weights(fresh.get_weights())
        for variable, value in zip(optimizer.variables, blank, strict=True):
            variable.assign(value)
        views.seed_generator.state.assign(keras.random.SeedGenerator(seed).state)

    shapes = [
        ((None, *input_spec.shape), input_spec.dtype),
        ((None, input_spec.horizon) if input_spec.horizon else (None,), target),
        ((None, None), "int32"),
        ((), "float32"),
    ]

    @tf.function(input_signature=[tf.TensorSpec(*each) for each in shapes])  # type: ignore[untyped-decorator]
    def learn(x: Any, y: Any, order: Any, rate: Any) -> None:
        optimizer.learning_rate.assign(rate)
        for step in tf.range(tf.shape(order)[0]):
            rows = tf.gather(order, step)
            seen, _ = views(tf.gather(x, rows), training=True)
            with tf.GradientTape() as tape:
                loss = loss_of(tf.gather(y, rows), model(seen, training=True))
            optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)

    return model, start, learn


def _loss(input_spec: InputSpec) -> Any:
    if input_spec.task == "classification":
        return lambda y, answers: keras.ops.mean(keras.losses.sparse_categorical_crossentropy(y, answers))
    return lambda y, answers: keras.ops.mean(keras.ops.square(keras.ops.reshape(y, keras.ops.shape(answers)) - answers))
