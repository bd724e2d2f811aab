"""The one training of every network: early stopping, checkpoints and resume."""

from __future__ import annotations

import hashlib
import re
from collections import Counter

import numpy as np

from sakon.backends import backend
from sakon.errors import TrainingSkippedError
from sakon.lazy import Network, keras, pd
from sakon.problem import Examples, InputSpec, Problem, TrainingSummary
from sakon.training.callbacks import CheckpointAndEarlyStopping, TerminateOnDivergence
from sakon.training.checkpoints import Checkpoints, TrainingState
from sakon.training.config import FitConfig
from sakon.training.data import TrainingData
from sakon.training.engine import Engine
from sakon.training.events import StopRequest, TrainingEvents
from sakon.training.methods import NetworkVariables, training_methods
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
    data = TrainingData.create(model, train, validation, input_spec, config, problem)
    key = prepare(model, data, input_spec, config, problem)
    state = checkpoints.latest(key) or initial_state(model)
    stopping = CheckpointAndEarlyStopping(NetworkVariables(model), state, config.patience, checkpoints, key)
    stop = run_epochs(model, data, config.epochs, problem.seed, stopping, events)
    if stop is not None and not stopping.state.history:
        raise TrainingSkippedError(model.name, stop.reason, stop.shortest_minutes)
    checkpoints.complete(stopping.current_state(), key)
    model.set_weights(stopping.state.best_weights)
    return model, pd.DataFrame(stopping.state.history), summarize(model, stopping.state, input_spec, config, stop)


def prepare(model: Network, data: TrainingData, input_spec: InputSpec, config: FitConfig, problem: Problem) -> str:
    """Set the initial state of a network that starts from data, and return the key of its training."""
    training_methods(model).prepare(data.train, data.plan.steps)
    return training_key(model, input_spec, config, problem)


def run_epochs(
    model: Network,
    data: TrainingData,
    epochs: int,
    seed: int,
    stopping: CheckpointAndEarlyStopping,
    events: TrainingEvents,
) -> StopRequest | None:
    """Train until the last epoch, until patience ends, or until a listener requests the end.

    Args:
        model: The network, whose variables `stopping` records.
        data: Examples and steps.
        epochs: Maximum number of epochs.
        seed: Seed of the order of the examples.
        stopping: Ends the training.
        events: Receives the start, every epoch and the end.

    Returns:
        The request that ended the training, if one did.
    """
    engine, divergence = Engine.of(model), TerminateOnDivergence(model.name)
    first_epoch = stopping.state.epoch
    events.begin(epochs, first_epoch)
    try:
        while not stopping.is_finished() and stopping.state.epoch < epochs:
            epoch = stopping.state.epoch
            steps = data.steps(seed, epoch)
            if epoch == first_epoch:
                try_first_steps(model, engine, data.train_on_device, steps, events)
            if (stop := events.stop_request()) is not None:
                return stop
            metrics = engine.train(data.train_on_device, steps)
            metrics |= engine.validate(data.validation_on_device, data.validation_steps)
            divergence.end_epoch(epoch + 1, metrics)
            stopping.end_epoch(metrics)
            events.end_epoch(metrics)
        return None
    finally:
        events.end()


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
    # Only names and references to layers: a layer may have the name of a setting or of its value, as `activation` has.
    return re.sub(r'("name": |\[)"([^"]*)"', lambda text: f'{text[1]}"{numbered.get(text[2], text[2])}"', network)


def summarize(
    model: Network, state: TrainingState, input_spec: InputSpec, config: FitConfig, stop: StopRequest | None = None
) -> TrainingSummary:
    """Return the summary of a training that has ended, on request or by itself."""
    best = next((row for row in state.history if row["epoch"] == state.best_epoch), {})
    summary = TrainingSummary(
        family=model.name,
        epochs=state.epoch,
        best_epoch=state.best_epoch,
        best={name: value for name, value in best.items() if name != "epoch"},
        parameters=int(model.count_params()),
        train_seconds=round(state.seconds, 3),
        fingerprint=input_spec.fingerprint,
    )
    return summary if stop is None else summary.stop(stop.by, f"{state.epoch} of {config.epochs} epochs")
