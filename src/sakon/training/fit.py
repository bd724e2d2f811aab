"""One training loop for every Keras family: early stopping, progress, resume, the same for all."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np

from sakon.lazy import Network, keras, pd
from sakon.models.predict import select_inputs
from sakon.problem import Examples, InputSpec, Problem
from sakon.training.checkpoints import Checkpoints, TrainingState
from sakon.training.class_weights import class_weights, sample_weights
from sakon.training.config import FitConfig
from sakon.training.progress import EpochProgress

MOST_STEPS_AT_ONCE = 128


def fit(
    model: Network,
    train: Examples,
    validation: Examples,
    input_spec: InputSpec,
    config: FitConfig,
    problem: Problem,
    checkpoints: Checkpoints,
) -> tuple[Network, pd.DataFrame, dict[str, Any]]:
    """Train a compiled model, choosing the epoch with the lowest `val_loss`.

    Each epoch is a function of (weights, seed, epoch): a training that was killed goes on from its
    last saved epoch and ends with the weights it would have had.

    A model may have methods of its own: `prepare(train, steps)`, called before the first epoch with
    the examples and the number of steps in an epoch; `after_epoch(epoch)`, called at the end of each
    epoch, from 1, before its weights are kept; and `optimized()`, pairs of an optimizer and the variables
    that it moves, where there is more than the compiled one. Where it has `any_order = True`, as what it
    learns in an epoch does not depend on the order of the examples, no example sits an epoch out.

    Args:
        model: Compiled model with its initial weights; it is trained in place.
        train: Examples to learn from.
        validation: Examples to choose the epoch by.
        input_spec: What the model reads and answers.
        config: Epochs, batch size and patience.
        problem: Gives the seed.
        checkpoints: Where the state of an unfinished training is kept.

    Returns:
        The model with the weights of its best epoch; the history, one row per epoch with an `epoch`
        column from 1; a summary (`family`, `epochs`, `best_epoch`, `best_…` values, `parameters`,
        `train_seconds`, `fingerprint`).

    Raises:
        DivergenceError: If the loss is no longer a finite number, or explodes.
    """
    import tensorflow as tf

    from sakon.training.callbacks import CheckpointAndEarlyStopping, TerminateOnDivergence

    tf.config.experimental.enable_op_determinism()
    weights = class_weights(train.y, input_spec, problem) if answers(model) else None
    train, validation = (_weighted(select_inputs(model, part), weights) for part in (train, validation))
    any_order = getattr(model, "any_order", False)
    batch_size, steps, model.steps_per_execution = plan_epoch(len(train), config.batch_size, any_order)
    if hasattr(model, "prepare"):
        model.prepare(train, steps)
    key = training_key(model, input_spec, config, problem)
    state = checkpoints.latest(key) or initial_state(model)
    keeper = CheckpointAndEarlyStopping(state, config.patience, checkpoints, key)
    if any_order:
        batches = ordered_batches(train, batch_size).repeat().prefetch(1)
    else:
        batches = shuffled_batches(train, batch_size, steps, problem.seed, state.epoch)
    held_out = max(config.batch_size, -(-len(validation) // model.steps_per_execution))
    with EpochProgress(model.name, config.epochs, state.epoch) as progress:
        shown = keras.callbacks.LambdaCallback(on_epoch_end=lambda _, logs: progress.advance(logs))
        if not keeper.finished() and state.epoch < config.epochs:
            model.fit(
                batches,
                steps_per_epoch=steps,
                epochs=config.epochs,
                initial_epoch=state.epoch,
                validation_data=ordered_batches(validation, held_out),
                callbacks=[TerminateOnDivergence(), keeper, shown],
                shuffle=False,  # the stream shuffles itself
                verbose=0,
            )
        progress.finish(keeper.state.epoch)
    model.set_weights(keeper.state.best_weights)
    checkpoints.clear()
    return model, pd.DataFrame(keeper.state.history), summary(model, keeper.state, input_spec)


def shuffled_batches(part: Examples, batch_size: int, steps: int, seed: int, first_epoch: int) -> Any:
    """Return an endless stream of shuffled batches, `steps` of them from each epoch's own order.

    The order of epoch e is a permutation drawn from (seed, e) alone; rows that do not fit into the
    steps sit out that epoch, others in the next.

    Args:
        part: Examples.
        batch_size: Rows per batch, no more than there are.
        steps: Batches in an epoch.
        seed: Seed of the order.
        first_epoch: Epoch that the stream begins with, from 0.

    Returns:
        A `tf.data.Dataset` of (x, y), or (x, y, weight).
    """
    import tensorflow as tf

    columns = [tf.constant(column) for column in _columns(part)]

    def epoch_of_indices(epoch: Any) -> Any:
        order = _order_of_epoch(len(part), seed, epoch)
        return tf.data.Dataset.from_tensor_slices(tf.reshape(order[: steps * batch_size], (steps, batch_size)))

    epochs = tf.data.Dataset.counter(start=first_epoch)
    batches = epochs.flat_map(epoch_of_indices).map(lambda index: tuple(tf.gather(column, index) for column in columns))
    return batches.prefetch(tf.data.AUTOTUNE)


def shuffled_order(rows: int, batch_size: int, seed: int, first: int, steps: int) -> np.ndarray:
    """Return the rows of some steps of the stream of `shuffled_batches`, (steps · batch_size,).

    Args:
        rows: Examples.
        batch_size: Rows per step.
        seed: Seed of the order.
        first: Step that is the first, from 0; every epoch has `rows // batch_size`.
        steps: How many.
    """
    in_epoch = rows // batch_size
    epochs = range(first // in_epoch, (first + steps - 1) // in_epoch + 1)
    orders = [np.asarray(_order_of_epoch(rows, seed, epoch))[: in_epoch * batch_size] for epoch in epochs]
    before = first % in_epoch * batch_size
    return np.concatenate(orders)[before : before + steps * batch_size]


def _order_of_epoch(rows: int, seed: int, epoch: Any) -> Any:
    """Return the permutation that (seed, epoch) draws."""
    import tensorflow as tf

    seeds = tf.stack([tf.cast(seed, tf.int64), tf.cast(epoch, tf.int64)])
    return tf.random.experimental.stateless_shuffle(tf.range(rows), seed=seeds)


def ordered_batches(part: Examples, batch_size: int) -> Any:
    """Return all rows in their own order, once.

    Args:
        part: Examples.
        batch_size: Rows per batch; the last has what is left.

    Returns:
        A `tf.data.Dataset` of (x, y).
    """
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(_columns(part)).batch(batch_size).cache()


def _columns(part: Examples) -> tuple[np.ndarray, ...]:
    return (part.x, part.y) if part.weight is None else (part.x, part.y, part.weight)


def answers(model: Network) -> bool:
    """Say whether a model learns to answer, in Keras' own steps: then classes can weigh differently."""
    return isinstance(model, keras.Model) and type(model).train_step is keras.Model.train_step


def _weighted(part: Examples, weights: dict[int, float] | None) -> Examples:
    return part if weights is None else replace(part, weight=sample_weights(part.y, weights))


def plan_epoch(rows: int, batch_size: int, any_order: bool, passes: float = 1.0) -> tuple[int, int, int]:
    """Return rows per step, steps, and how many steps to run per call from Python.

    The overhead of a call exceeds a small step. Where the order is no matter an epoch has all rows, in
    steps of one size but for what rounding leaves, and runs in one call.

    Args:
        rows: Examples.
        batch_size: Rows per step that are asked for.
        any_order: Whether the order of the examples is no matter.
        passes: Passes over the examples, or a part of one, that the steps make up.
    """
    if any_order:
        steps = min(-(-rows // batch_size), MOST_STEPS_AT_ONCE)
        size = -(-rows // steps)
        steps = -(-rows // size)
        return size, steps, steps
    size = min(batch_size, rows)
    steps = max(1, round(rows // size * passes))
    at_once = steps // max(1, -(-steps // MOST_STEPS_AT_ONCE))
    return size, steps - steps % at_once, at_once


def initial_state(model: keras.Model) -> TrainingState:
    """Return the state of a training before its first epoch."""
    weights = model.get_weights()
    return TrainingState(epoch=0, variables=[], best_weights=weights, best_epoch=0, history=[], seconds=0.0)


def training_key(model: keras.Model, input_spec: InputSpec, config: object, problem: Problem) -> str:
    """Digest what decides a training: its network, its settings, its data, its seed, its start."""
    digest = hashlib.sha256(f"{model.to_json()}{config!r}{problem!r}{input_spec!r}".encode())
    for weights in model.get_weights():
        digest.update(np.ascontiguousarray(weights).tobytes())
    return digest.hexdigest()


def summary(model: keras.Model, state: TrainingState, input_spec: InputSpec) -> dict[str, Any]:
    """Return what is told of a finished training; see `fit`."""
    best = next((row for row in state.history if row["epoch"] == state.best_epoch), {})
    return {
        "family": model.name,
        "epochs": state.epoch,
        "best_epoch": state.best_epoch,
        **{f"best_{name}": value for name, value in best.items() if name != "epoch"},
        "parameters": int(model.count_params()),
        "train_seconds": round(state.seconds, 3),
        "fingerprint": input_spec.fingerprint,
    }
