"""Trainings of one family for several seeds: all at once, or one after the other with functions compiled once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sakon.backends import backend
from sakon.errors import TrainingSkippedError
from sakon.lazy import Network, pd
from sakon.problem import Examples, InputSpec, Problem, TrainingSummary
from sakon.training.callbacks import CheckpointAndEarlyStopping, TerminateOnDivergence
from sakon.training.checkpoints import Checkpoints, TrainingState
from sakon.training.config import FitConfig
from sakon.training.data import TrainingData
from sakon.training.events import StopRequest, TrainingEvents
from sakon.training.fit import initial_state, prepare, run_epochs, summarize
from sakon.training.joint_engine import JointEngine, Lane
from sakon.training.methods import NetworkVariables, build_optimizers, restore_variables


@dataclass(frozen=True)
class SeedTraining:
    """The training of one seed.

    Attributes:
        seed: Seed of weights, order and random numbers.
        network: Its network, which gets the result of the training when all have ended.
        key: Key of its checkpoints, that of a training of its own.
        start: State that it begins or resumes with; the values of all variables are in it.
        events: Receives the start, every epoch and the end.
    """

    seed: int
    network: Network
    key: str
    start: TrainingState
    events: TrainingEvents


@dataclass(frozen=True)
class TrainingEnd:
    """How the training of one seed ended.

    Attributes:
        state: Its last state.
        stop: The request that ended it, if one did.
    """

    state: TrainingState
    stop: StopRequest | None


@dataclass(frozen=True)
class SeedResult:
    """What the training of one seed returns.

    Attributes:
        seed: Its seed.
        network: Network with the weights of the epoch with the lowest `val_loss`.
        history: One row per epoch with an `epoch` column from 1.
        summary: Summary of the training.
    """

    seed: int
    network: Network
    history: pd.DataFrame
    summary: TrainingSummary


def fit_seeds(
    build: Callable[[InputSpec, FitConfig, Problem], Network],
    seeds: Sequence[int],
    train: Examples,
    validation: Examples,
    input_spec: InputSpec,
    config: FitConfig,
    problem: Problem,
    checkpoints: Checkpoints,
    events: TrainingEvents,
) -> list[SeedResult]:
    """Train a family for several seeds, each as `fit` trains it with a problem of that seed.

    A listener of the events may end a training; a seed that had no epoch then has no result.

    On JAX all seeds are trained at once, where that is faster; else one after the other by the functions of the
    network of the first, so that they are traced once. The results equal those of trainings of their own: to the bit
    one after the other; at once except for rounding, because sums over several seeds are added up in another order.

    Args:
        build: Returns a compiled network for inputs, configuration and problem.
        seeds: The seeds, all different.
        train: Train examples.
        validation: Validation examples, which choose the epoch of each seed.
        input_spec: Inputs and outputs of the network.
        config: Epochs, batch size and patience.
        problem: The problem; its seed is replaced.
        checkpoints: Where the states are stored; a training resumes from that of its own seed.
        events: Its listeners receive the events of every seed as those of the variant `seed <seed>`.

    Returns:
        One result per seed, in order.

    Raises:
        DivergenceError: If a loss of any seed is not finite, or explodes.
        TrainingSkippedError: If a listener ends all trainings before their first epoch has ended.
    """
    backend().set_deterministic()
    problems = [problem.model_copy(update={"seed": seed}) for seed in seeds]
    networks = [build_optimizers(build(input_spec, config, of_seed)) for of_seed in problems]
    if not networks:
        return []
    data = TrainingData.create(networks[0], train, validation, input_spec, config, problem)
    trainings = []
    for network, of_seed in zip(networks, problems, strict=True):
        key = prepare(network, data, input_spec, config, of_seed)
        its_events = events.for_training(events.training.family, f"seed {of_seed.seed}")
        start = _with_variables(checkpoints.latest(key) or initial_state(network), network)
        trainings.append(SeedTraining(of_seed.seed, network, key, start, its_events))
    engine = JointEngine.create(networks[0], data, [training.start.variables for training in trainings])
    if engine is None:
        ends = _train_in_turn(trainings, data, config, checkpoints)
    else:
        ends = _train_at_once(trainings, engine, data, config, checkpoints)
    stops = [end.stop for end in ends if end.stop is not None and not end.state.history]
    if len(stops) == len(trainings):
        raise TrainingSkippedError(networks[0].name, stops[0].reason, stops[0].shortest_minutes)
    results = zip(trainings, ends, strict=True)
    return [_result(training, end, input_spec, config) for training, end in results if end.state.history]


def _with_variables(state: TrainingState, network: Network) -> TrainingState:
    """Return a state with the values of all variables, which are those of the network before its first epoch."""
    return state if state.variables else replace(state, variables=NetworkVariables(network).values())


def _train_in_turn(
    trainings: Sequence[SeedTraining], data: TrainingData, config: FitConfig, checkpoints: Checkpoints
) -> list[TrainingEnd]:
    """Train each seed in the variables of the first network, traced once."""
    network, ends = trainings[0].network, []
    for training in trainings:
        stopping = CheckpointAndEarlyStopping(
            NetworkVariables(network), training.start, config.patience, checkpoints, training.key
        )
        stop = run_epochs(network, data, config.epochs, training.seed, stopping, training.events)
        ends.append(TrainingEnd(stopping.current_state(), stop))
        checkpoints.complete(ends[-1].state, training.key)
    return ends


def _train_at_once(
    trainings: Sequence[SeedTraining],
    engine: JointEngine,
    data: TrainingData,
    config: FitConfig,
    checkpoints: Checkpoints,
) -> list[TrainingEnd]:
    """Train all seeds at once until each is done."""
    lanes = [
        _LaneTraining(training, lane, config, checkpoints)
        for training, lane in zip(trainings, engine.lanes, strict=True)
    ]
    try:
        while active := [number for number, lane in enumerate(lanes) if not lane.is_done()]:
            # A lane that is done is computed, too: to leave it out, everything would be compiled anew.
            metrics = engine.train(data.train_on_device, [lane.steps(data) for lane in lanes])
            held_out = engine.validate(data.validation_on_device, data.validation_steps)
            for number in active:
                lanes[number].end_epoch(metrics[number] | held_out[number], len(active))
    finally:
        for lane in lanes:
            lane.end_events()
    return [lane.end for lane in lanes if lane.end is not None]


class _LaneTraining:
    """The training of one seed among those that are trained at once."""

    def __init__(self, training: SeedTraining, lane: Lane, config: FitConfig, checkpoints: Checkpoints) -> None:
        self._training, self._checkpoints, self._epochs = training, checkpoints, config.epochs
        self._stopping = CheckpointAndEarlyStopping(lane, training.start, config.patience, checkpoints, training.key)
        self._divergence = TerminateOnDivergence(training.network.name)
        self.end: TrainingEnd | None = None
        training.events.begin(config.epochs, training.start.epoch)

    def is_done(self) -> bool:
        """Return whether the training has ended, and save its last state then.

        The lane goes on, but what it computes from then on counts no more.
        """
        if self.end is None:
            is_finished = self._stopping.is_finished() or self._stopping.state.epoch >= self._epochs
            stop = None if is_finished else self._training.events.stop_request()
            if is_finished or stop is not None:
                self.end = TrainingEnd(self._stopping.current_state(), stop)
                self._checkpoints.complete(self.end.state, self._training.key)
                self._training.events.end()
        return self.end is not None

    def steps(self, data: TrainingData) -> list[np.ndarray]:
        """Return the rows of the steps of the next epoch."""
        return data.steps(self._training.seed, self._stopping.state.epoch)

    def end_epoch(self, metrics: dict[str, float], trainings: int) -> None:
        """Record an epoch that this many trainings shared."""
        self._divergence.end_epoch(self._stopping.state.epoch + 1, metrics)
        self._stopping.end_epoch(metrics, trainings)
        self._training.events.end_epoch(metrics)

    def end_events(self) -> None:
        """Announce the end of a training that an error ended."""
        if self.end is None:
            self._training.events.end()


def _result(training: SeedTraining, end: TrainingEnd, input_spec: InputSpec, config: FitConfig) -> SeedResult:
    """Give the network of a seed the variables of its last epoch and the weights of its best, and return the result."""
    restore_variables(training.network, end.state.variables)
    training.network.set_weights(end.state.best_weights)
    summary = summarize(training.network, end.state, input_spec, config, end.stop)
    return SeedResult(training.seed, training.network, pd.DataFrame(end.state.history), summary)
