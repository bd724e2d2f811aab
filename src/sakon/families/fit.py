"""One training loop for every Keras family: early stopping, progress, resume, the same for all."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from typing import Any

import numpy as np

from sakon.datasets.checkpoints import Checkpoints, TrainingState
from sakon.errors import DivergenceError
from sakon.families.config import Trainable
from sakon.families.progress import EpochProgress
from sakon.lazy import Network, keras, pd
from sakon.problem import InputSpec, Part, Problem

MOST_STEPS_AT_ONCE = 128
SECONDS_BETWEEN_STATES = 2.0
EXPLODED, LARGEST_START = 1e6, 100.0  # times the first loss, counted as 100 at most


def fit(
    model: Network,
    train: Part,
    validation: Part,
    input_spec: InputSpec,
    config: Trainable,
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

    tf.config.experimental.enable_op_determinism()
    in_order = getattr(model, "any_order", False)
    batch_size, steps, model.steps_per_execution = _steps(len(train), config.batch_size, whole=in_order)
    if hasattr(model, "prepare"):
        model.prepare(train, steps)
    key = _training_key(model, input_spec, config, problem)
    state = checkpoints.latest(key) or _start(model)
    keeper = _keeper(state, config.patience, checkpoints, key)
    with EpochProgress(model.name, config.epochs, state.epoch) as progress:
        if not keeper.finished() and state.epoch < config.epochs:
            model.fit(
                whole_batches(train, batch_size)
                if in_order
                else shuffled_batches(train, batch_size, steps, problem.seed, state.epoch),
                steps_per_epoch=steps,
                epochs=config.epochs,
                initial_epoch=state.epoch,
                validation_data=_whole(validation, config.batch_size, model.steps_per_execution),
                callbacks=[_watch(model.name), keeper, _shown_by(progress)],
                shuffle=False,  # the stream shuffles itself
                verbose=0,
            )
        progress.finish(keeper.state.epoch)
    model.set_weights(keeper.state.best_weights)
    checkpoints.clear()
    return model, pd.DataFrame(keeper.state.history), _summary(model, keeper.state, input_spec)


def shuffled_batches(part: Part, batch_size: int, steps: int, seed: int, first_epoch: int) -> Any:
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
        A `tf.data.Dataset` of (x, y).
    """
    import tensorflow as tf

    x, y = tf.constant(part.x), tf.constant(part.y)

    def epoch_of_indices(epoch: Any) -> Any:
        order = tf.random.experimental.stateless_shuffle(
            tf.range(len(part)), seed=tf.stack([tf.cast(seed, tf.int64), epoch])
        )
        return tf.data.Dataset.from_tensor_slices(tf.reshape(order[: steps * batch_size], (steps, batch_size)))

    epochs = tf.data.Dataset.counter(start=first_epoch)
    batches = epochs.flat_map(epoch_of_indices).map(lambda index: (tf.gather(x, index), tf.gather(y, index)))
    return batches.prefetch(tf.data.AUTOTUNE)


def whole_batches(part: Part, batch_size: int) -> Any:
    """Return an endless stream of batches, every epoch all rows in their own order.

    Args:
        part: Examples.
        batch_size: Rows per batch; the last of an epoch has what is left.

    Returns:
        A `tf.data.Dataset` of (x, y).
    """
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices((part.x, part.y)).batch(batch_size).cache().repeat().prefetch(1)


def _steps(rows: int, batch_size: int, *, whole: bool) -> tuple[int, int, int]:
    """Return rows per step, steps in an epoch, and how many steps to run per call from Python.

    The overhead of a call exceeds a small step. Where whole epochs are asked for, all steps are of one
    size but for what rounding leaves, and run in one call.
    """
    if whole:
        steps = min(-(-rows // batch_size), MOST_STEPS_AT_ONCE)
        size = -(-rows // steps)
        steps = -(-rows // size)
        return size, steps, steps
    size = min(batch_size, rows)
    steps = rows // size
    at_once = steps // max(1, -(-steps // MOST_STEPS_AT_ONCE))
    return size, steps - steps % at_once, at_once


def _whole(part: Part, batch_size: int, steps_at_once: int) -> Any:
    import tensorflow as tf

    size = max(batch_size, -(-len(part) // steps_at_once))
    return tf.data.Dataset.from_tensor_slices((part.x, part.y)).batch(size).cache()


def _start(model: keras.Model) -> TrainingState:
    weights = model.get_weights()
    return TrainingState(epoch=0, variables=[], best_weights=weights, best_epoch=0, history=[], seconds=0.0)


def _training_key(model: keras.Model, input_spec: InputSpec, config: Trainable, problem: Problem) -> str:
    """Digest what decides a training: its network, its settings, its data, its seed, its start."""
    digest = hashlib.sha256(f"{model.to_json()}{config!r}{problem!r}{input_spec!r}".encode())
    for weights in model.get_weights():
        digest.update(np.ascontiguousarray(weights).tobytes())
    return digest.hexdigest()


def _keeper(state: TrainingState, patience: int, checkpoints: Checkpoints, key: str) -> Any:
    """Return the callback that keeps the state of a training: the best epoch, the history, the rest.

    It is made here, not declared as a class, because its base class would import Keras with this module.
    """

    class Keeper(keras.callbacks.Callback):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.state = state
            self.started = time.perf_counter() - state.seconds
            self.saved = time.perf_counter()

        def finished(self) -> bool:
            return self.state.epoch - self.state.best_epoch >= patience

        def on_train_begin(self, logs: Any = None) -> None:
            for optimizer, variables in _optimized(self.model):
                optimizer.build(variables)
            for variable, value in zip(_variables(self.model), state.variables, strict=False):
                variable.assign(value)

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if hasattr(self.model, "after_epoch"):
                self.model.after_epoch(epoch + 1)
            metrics = {name: float(value) for name, value in (logs or {}).items()}
            earlier = [row["val_loss"] for row in self.state.history]
            is_best = not earlier or metrics["val_loss"] < min(earlier)
            self.state = replace(
                self.state,
                epoch=epoch + 1,
                best_weights=self.model.get_weights() if is_best else self.state.best_weights,
                best_epoch=epoch + 1 if is_best else self.state.best_epoch,
                history=[*self.state.history, {"epoch": epoch + 1, **metrics}],
                seconds=time.perf_counter() - self.started,
            )
            self.model.stop_training = self.finished()
            if time.perf_counter() - self.saved > SECONDS_BETWEEN_STATES:
                current = [np.asarray(variable) for variable in _variables(self.model)]
                checkpoints.save(replace(self.state, variables=current), key)
                self.saved = time.perf_counter()

    return Keeper()


def _watch(family: str) -> Any:
    """Return the callback that stops a training whose loss is lost."""
    bounds: dict[str, float] = {}

    def check(epoch: int, logs: Any) -> None:
        for name in {"loss", "val_loss"} & set(logs or {}):
            value = float(logs[name])
            bound = bounds.setdefault(name, EXPLODED * min(max(1.0, abs(value)), LARGEST_START))
            if not abs(value) <= bound:  # which NaN is not either
                raise DivergenceError(family, epoch + 1, name, value)

    return keras.callbacks.LambdaCallback(on_epoch_end=check)


def _shown_by(progress: EpochProgress) -> Any:
    return keras.callbacks.LambdaCallback(on_epoch_end=lambda _, logs: progress.advance(logs))


def _variables(model: keras.Model) -> list[Any]:
    """Return all that changes while training: weights, random states, optimizers."""
    return [*model.variables, *(variable for optimizer, _ in _optimized(model) for variable in optimizer.variables)]


def _optimized(model: keras.Model) -> list[tuple[Any, list[Any]]]:
    if hasattr(model, "optimized"):
        return list(model.optimized())
    return [(model.optimizer, model.trainable_variables)] if model.optimizer else []


def _summary(model: keras.Model, state: TrainingState, input_spec: InputSpec) -> dict[str, Any]:
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
