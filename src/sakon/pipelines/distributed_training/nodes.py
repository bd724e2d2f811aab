"""Learn on a cluster; make a model of it that answers as every family's does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sakon import families
from sakon.figures.history import learning_curves
from sakon.figures.workers import workers_by_epoch
from sakon.lazy import go, pd
from sakon.problem import InputSpec, Problem
from sakon.spark.cluster import Cluster
from sakon.spark.config import DistributedConfig
from sakon.spark.partitions import Files, read
from sakon.training.checkpoints import Checkpoints
from sakon.training.events import TrainingEvents

ByFamily = dict[str, Any]


def learn(
    train_partitions: Files,
    validation_partitions: Files,
    input_spec: InputSpec,
    problem: Problem,
    distributed: DistributedConfig,
    parameters: dict[str, Any],
    cluster: Cluster,
    checkpoints: Checkpoints,
    events: TrainingEvents,
) -> tuple[ByFamily, ByFamily, ByFamily, ByFamily]:
    """Train the family that `distributed.family` names; see `sakon.spark.training.fit`.

    What does not answer by itself (a map, a representation, a generator) gets its answer as in a local run, from the
    bounded sample of train that came to the driver.

    Args:
        train_partitions: Files to learn from; only workers read their rows.
        validation_partitions: Files to choose the epoch by, of which the driver reads a bounded sample.
        input_spec: What the model reads and answers.
        problem: Gives metric and seed.
        distributed: Family, partitions, averaging, bounds.
        parameters: All parameters, among which the family's own.
        cluster: Where workers are.
        checkpoints: Where the state of an unfinished training is kept.
        events: Receives the epochs.

    Returns:
        By the family: the model, the summary of its training, its history, the table of its workers.
    """
    from sakon.spark.training import fit

    family = distributed.family
    spec = families.get(family)
    config = spec.parse_config(parameters)
    own = Checkpoints(Path(checkpoints.folder) / family)
    files = (train_partitions, validation_partitions)
    if spec.build is None:
        raise ValueError(f"expected a family that builds a network, found {family}")  # its config has refused it
    heard = events.for_training(family, families.SPARK)
    trained = fit(spec.build, *files, input_spec, config, problem, distributed, cluster, own, heard)
    model, training = trained.model, trained.training
    if spec.fit_head is not None:
        held_out = read(validation_partitions.spread(distributed.validation_rows))
        model, training = spec.fit_head(model, training, trained.sample, held_out, input_spec, problem)
    return {family: model}, {family: training}, {family: trained.history}, {family: trained.workers}


def draw_history(histories: ByFamily, trainings: ByFamily, distributed: DistributedConfig) -> go.Figure:
    """Draw the averaged curves of the family that was trained."""
    family = distributed.family
    name = families.display_name(families.spark_variant(family))
    history: pd.DataFrame = histories[family]
    return learning_curves(history, name, trainings[family].best_epoch)


def draw_workers(workers: ByFamily, distributed: DistributedConfig) -> go.Figure:
    """Draw what the workers of the family that was trained did, epoch by epoch."""
    family = distributed.family
    return workers_by_epoch(workers[family], families.display_name(families.spark_variant(family)))
