"""The one training of every network: early stopping, checkpoints and resume."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import replace

import numpy as np

from sakon.backends import backend
from sakon.errors import TrainingSkippedError
from sakon.lazy import Network, keras, pd
from sakon.models.predict import select_inputs
from sakon.problem import Examples, InputSpec, Problem, TrainingSummary
from sakon.training.batches import EpochPlan, epoch_steps, plan_epoch, validation_steps
from sakon.training.callbacks import CheckpointAndEarlyStopping, TerminateOnDivergence
from sakon.training.checkpoints import Checkpoints, TrainingState
from sakon.training.class_weights import class_weights, sample_weights
from sakon.training.config import FitConfig
from sakon.training.engine import DeviceExamples, Engine
from sakon.training.events import StopRequest, TrainingEvents
from sakon.training.methods import training_methods
from sakon.training.trial import try_first_steps


def fit(
    model: Network,
    train: Examples,
    validation: Examples,
    input_spec: InputSpec,
    config: FitConfig,
    problem: Problem,
    checkpoints: Checkpoints,
    events: TrainingEvents,
) -> tuple[Network, pd.DataFrame, TrainingSummary]:
    """Train a compiled network and give it the weights of the epoch with the lowest `val_loss`.

    Each epoch is a function of (variables, seed, epoch): an interrupted training resumes from its last checkpoint and
    ends with the weights that it would have had. A network whose training differs from Keras' own inherits from
    `training.methods.TrainingMethods`. A listener of the events may end the training after an epoch.

    Args:
        model: Compiled network with its initial weights; it is trained in place.
        train: Train examples.
        validation: Validation examples, which choose the epoch.
        input_spec: Inputs and outputs of the network.
        config: Epochs, batch size and patience.
        problem: Its seed, and the class weights.
        checkpoints: Where the state is stored, until they are told to `clear`: what is returned is not saved yet.
        events: Receives the start, every epoch and the end.

    Returns:
        The network; the history, one row per epoch with an `epoch` column from 1; the summary.

    Raises:
        DivergenceError: If a loss is not finite, or explodes.
        TrainingSkippedError: If a listener ends the training before its first epoch has ended.
    """
    backend().set_deterministic()
    methods = training_methods(model)
    weights = class_weights(train.y, input_spec, problem) if methods.weighs_examples else None
    train, validation = (_with_weights(select_inputs(model, split), weights) for split in (train, validation))
    plan = plan_epoch(len(train), config.batch_size, methods.order_free)
    methods.prepare(train, plan.steps)
    key = training_key(model, input_spec, config, problem)
    stopping = CheckpointAndEarlyStopping(
        model, checkpoints.latest(key) or initial_state(model), config.patience, checkpoints, key
    )
    stop = _run_epochs(model, train, validation, plan, config, problem, stopping, events)
    if stop is not None and not stopping.state.history:
        raise TrainingSkippedError(model.name, stop.reason, stop.shortest_minutes)
    checkpoints.complete(stopping.current_state(), key)
    model.set_weights(stopping.state.best_weights)
    summary = summarize(model, stopping.state, input_spec)
    if stop is not None:
        summary = summary.stop(stop.by, f"{summary.epochs} of {config.epochs} epochs")
    return model, pd.DataFrame(stopping.state.history), summary


def _run_epochs(
    model: Network,
    train: Examples,
    validation: Examples,
    plan: EpochPlan,
    config: FitConfig,
    problem: Problem,
    stopping: CheckpointAndEarlyStopping,
    events: TrainingEvents,
) -> StopRequest | None:
    """Train until the last epoch, until patience ends, or until a listener requests the end, which is returned."""
    engine, divergence = Engine.of(model), TerminateOnDivergence(model.name)
    train_examples, held_out = DeviceExamples(train), DeviceExamples(validation)
    order_free = training_methods(model).order_free
    held_out_steps = validation_steps(len(validation), config.batch_size, plan)
    first_epoch = stopping.state.epoch
    events.begin(config.epochs, first_epoch)
    try:
        while not stopping.is_finished() and stopping.state.epoch < config.epochs:
            epoch = stopping.state.epoch
            steps = epoch_steps(len(train), plan, problem.seed, epoch * plan.steps, order_free)
            if epoch == first_epoch:
                try_first_steps(model, engine, train_examples, steps, events)
            if (stop := events.stop_request()) is not None:
                return stop
            metrics = engine.train(train_examples, steps) | engine.validate(held_out, held_out_steps)
            divergence.end_epoch(epoch + 1, metrics)
            stopping.end_epoch(metrics)
            events.end_epoch(metrics)
        return None
    finally:
        events.end()


def _with_weights(examples: Examples, weights: dict[int, float] | None) -> Examples:
    return examples if weights is None else replace(examples, weight=sample_weights(examples.y, weights))


def initial_state(model: Network) -> TrainingState:
    """Return the state of a training before its first epoch."""
    weights = model.get_weights()
    return TrainingState(epoch=0, variables=[], best_weights=weights, best_epoch=0, history=[], seconds=0.0)


def training_key(model: Network, input_spec: InputSpec, config: object, problem: Problem) -> str:
    """Return a digest of all that decides a training: network, settings, data, seed, initial weights."""
    digest = hashlib.sha256(
        f"{keras.backend.backend()}{_numbered_names(model.to_json())}{config!r}{problem!r}{input_spec!r}".encode()
    )
    for weights in model.get_weights():
        digest.update(np.ascontiguousarray(weights).tobytes())
    return digest.hexdigest()


def _numbered_names(network: str) -> str:
    """Return a network in JSON with its names numbered by appearance.

    Keras numbers layers and optimizers through the whole process (`dense_7`), so that names depend on what was built
    before: all families, or this one alone.
    """
    counts: Counter[str] = Counter()
    numbered: dict[str, str] = {}
    for name in dict.fromkeys(re.findall(r'"name": "([^"]*)"', network)):
        base = re.sub(r"_\d+$", "", name)
        numbered[name] = f"{base}#{counts[base]}"
        counts[base] += 1
    return re.sub(r'"([^"]*)"', lambda text: f'"{numbered.get(text[1], text[1])}"', network)


def summarize(model: Network, state: TrainingState, input_spec: InputSpec) -> TrainingSummary:
    """Return the summary of a finished training."""
    best = next((row for row in state.history if row["epoch"] == state.best_epoch), {})
    return TrainingSummary(
        family=model.name,
        epochs=state.epoch,
        best_epoch=state.best_epoch,
        best={name: value for name, value in best.items() if name != "epoch"},
        parameters=int(model.count_params()),
        train_seconds=round(state.seconds, 3),
        fingerprint=input_spec.fingerprint,
    )
