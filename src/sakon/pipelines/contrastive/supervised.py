"""Supervised training of the same encoder from random weights, which the learned representation is compared with."""

from __future__ import annotations

from collections.abc import Callable
from itertools import repeat

import numpy as np

from sakon.backends import Tensor, backend
from sakon.layers.adapters import input_layer, with_output_layer
from sakon.lazy import Network, keras
from sakon.metrics import positive_index, problem_metric
from sakon.models.predict import predict_outputs
from sakon.models.predictions import target_values, to_predictions
from sakon.problem import Examples, InputSpec, Problem

from .budget import BATCH_SIZE, steps_per_epoch

LEARNING_RATE = 5e-3
MAX_EVALUATIONS = 5
"""Epochs of a training after which the model is evaluated on validation; the last one is among them."""


class SupervisedTraining:
    """Trains the architecture of an encoder, with an output layer, from new random weights for each score.

    The inputs are first views of the examples: images are augmented as for the representation, so that both methods
    differ only in the examples without a label. The learning rate follows a cosine (Loshchilov & Hutter 2017, arXiv
    1608.03983).

    One compiled epoch serves all trainings. The shared `fit` would compile one for each, and publish their epochs as
    the family's own.

    Args:
        network: Contrastive network; its encoder's architecture and its views are used, not its weights.
        validation: Examples that choose the epoch, and give the score.
        input_spec: Inputs and outputs of the model.
        epochs: Number of epochs.
        problem: Its metric and positive class.
    """

    def __init__(
        self, network: Network, validation: Examples, input_spec: InputSpec, epochs: int, problem: Problem
    ) -> None:
        self._encoder, self._input_spec, self._epochs = network.encoder, input_spec, epochs
        self._validation, self._targets = validation, target_values(validation, input_spec)
        self._metric, self._positive = problem_metric(input_spec, problem), positive_index(input_spec, problem)
        self._loss = _mean_loss(input_spec)
        self._model = self._build_model("from_scratch")
        self._optimizer = keras.optimizers.Adam(LEARNING_RATE, clipnorm=1.0)
        self._optimizer.build(self._model.trainable_variables)
        self._optimizer_state = [np.asarray(variable) for variable in self._optimizer.variables]
        self._views = type(network.views).from_config(network.views.get_config())
        self._views.build((None, *input_spec.shape))
        self._initial_weights: dict[int, list[np.ndarray]] = {}
        self._train_epoch = backend().compile_steps(self._step, dict, self._state, jit=False)

    def score(self, labelled: Examples, seed: int) -> float:
        """Train, and return the metric on validation of the evaluated epoch with the lowest validation loss.

        At most `MAX_EVALUATIONS` epochs are evaluated, evenly spaced.

        Args:
            labelled: Examples to train on.
            seed: Seed of the weights, of the views and of the order of the examples.
        """
        self._reset(seed)
        columns = backend().place([labelled.x, labelled.y])
        rng, best_loss, best_outputs = np.random.default_rng(seed), np.inf, np.empty(0)
        evaluated = set(np.linspace(self._epochs, 0, MAX_EVALUATIONS, endpoint=False).round())
        for epoch in range(1, self._epochs + 1):
            learning_rate = LEARNING_RATE * (1 + np.cos(np.pi * (epoch - 1) / self._epochs)) / 2
            self._optimizer.learning_rate.assign(learning_rate)
            self._train_epoch(columns, _batch_rows(rng, len(labelled)))
            if epoch not in evaluated:
                continue
            outputs = predict_outputs(self._model, self._validation.x)
            loss = float(self._loss(self._validation.y, outputs))
            if loss < best_loss or not len(best_outputs):
                best_loss, best_outputs = loss, outputs
        return self._metric(self._targets, to_predictions(best_outputs, self._input_spec), self._positive)

    def _build_model(self, name: str) -> keras.Model:
        inputs = input_layer(self._input_spec)
        encoder = keras.models.clone_model(self._encoder)
        return with_output_layer(inputs, encoder(inputs), self._input_spec, name)

    def _reset(self, seed: int) -> None:
        """Set random weights, and the initial states of the optimizer and of the views."""
        if seed not in self._initial_weights:  # fractions share the seeds of their draws
            keras.utils.set_random_seed(seed)
            self._initial_weights[seed] = self._build_model("new_weights").get_weights()
        self._model.set_weights(self._initial_weights[seed])
        for variable, value in zip(self._optimizer.variables, self._optimizer_state, strict=True):
            variable.assign(value)
        self._views.seed_generator.state.assign(keras.random.SeedGenerator(seed).state)

    def _step(self, data: tuple[Tensor, ...]) -> None:
        """Train for one step on a batch of inputs and targets."""
        x, y = data
        view = self._views.first_view(x, repeat(self._views.seed_generator))
        variables = self._model.trainable_variables
        backend().minimize(lambda: (self._loss(y, self._model(view, training=True)), None), self._optimizer, variables)

    def _state(self) -> list[keras.Variable]:
        return [*self._model.variables, *self._optimizer.variables, *self._views.variables]


def _batch_rows(rng: np.random.Generator, rows: int) -> np.ndarray:
    """Return the rows of each step of an epoch, (steps, batch): consecutive permutations of all rows."""
    batch_size = min(BATCH_SIZE, rows)
    steps = steps_per_epoch(rows)
    permutations = [rng.permutation(rows) for _ in range(-(-steps * batch_size // rows))]
    return np.concatenate(permutations)[: steps * batch_size].reshape(steps, batch_size).astype(np.int32)


def _mean_loss(input_spec: InputSpec) -> Callable[[keras.KerasTensor, keras.KerasTensor], keras.KerasTensor]:
    """Return a function of targets and outputs: mean cross-entropy (classification), or mean squared error."""
    if input_spec.task == "classification":
        return lambda y, outputs: keras.ops.mean(keras.losses.sparse_categorical_crossentropy(y, outputs))
    return lambda y, outputs: keras.ops.mean(keras.ops.square(keras.ops.reshape(y, keras.ops.shape(outputs)) - outputs))
