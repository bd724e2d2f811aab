"""Training of a family on a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sakon import families
from sakon.figures.history import learning_curves
from sakon.figures.workers import workers_by_epoch
from sakon.lazy import Network, go, pd
from sakon.problem import InputSpec, Problem, TrainingSummary
from sakon.spark.cluster import Cluster
from sakon.spark.config import DistributedConfig
from sakon.spark.partitions import ParquetFiles, read_partition
from sakon.training.checkpoints import Checkpoints
from sakon.training.config import FitConfig
from sakon.training.events import TrainingEvents

if TYPE_CHECKING:
    from sakon.families.spec import FamilySpec
    from sakon.spark.driver import DistributedTraining
    from sakon.spark.worker import NetworkSpec


def train(
    train_partitions: ParquetFiles,
    validation_partitions: ParquetFiles,
    input_spec: InputSpec,
    problem: Problem,
    distributed: DistributedConfig,
    parameters: dict[str, Any],
    cluster: Cluster,
    checkpoints: Checkpoints,
    events: TrainingEvents,
) -> tuple[dict[str, Network], dict[str, TrainingSummary], dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """Train the family `distributed.family`; see `sakon.spark.driver.fit_distributed`.

    Args:
        train_partitions: Train files; workers read their rows.
        validation_partitions: Validation files; the driver reads a sample.
        input_spec: Inputs and outputs of the model.
        problem: Its metric and seed.
        distributed: Family, partitions, averaging, limits.
        parameters: All parameters; those of the family are used.
        cluster: The workers.
        checkpoints: Where the state of an unfinished training is stored.
        events: Receives the epochs.

    Returns:
        By family: the model, the summary of its training, its history, the table of its workers.
    """
    from sakon.spark.driver import fit_distributed
    from sakon.spark.worker import NetworkSpec

    family = families.get(distributed.family)
    assert family.build is not None  # `DistributedConfig` accepts no other family
    network = NetworkSpec(family.build, input_spec, cast(FitConfig, family.parse_config(parameters)), problem)
    own_checkpoints = checkpoints.for_family(family.name)
    own_events = events.for_training(family.name, families.SPARK)
    result = fit_distributed(
        network, train_partitions, validation_partitions, distributed, cluster, own_checkpoints, own_events
    )
    model, training = _fit_head(family, result, validation_partitions, distributed, network)
    return {family.name: model}, {family.name: training}, {family.name: result.history}, {family.name: result.workers}


def _fit_head(
    family: FamilySpec,
    result: DistributedTraining,
    validation: ParquetFiles,
    distributed: DistributedConfig,
    network: NetworkSpec,
) -> tuple[Network, TrainingSummary]:
    """Return the model and the summary of its training.

    A network that does not predict the target (a map, a representation, a generator) gets a head as in a training on
    one machine, fitted on the sample of train that came to the driver.
    """
    if family.fit_head is None:
        return result.model, result.training
    held_out = read_partition(validation.sample(distributed.validation_rows))
    return family.fit_head(result.model, result.training, result.sample, held_out, network.input_spec, network.problem)


def draw_history(
    histories: dict[str, pd.DataFrame], trainings: dict[str, TrainingSummary], distributed: DistributedConfig
) -> go.Figure:
    """Draw the learning curves of the trained family, averaged over the workers."""
    family = distributed.family
    return learning_curves(histories[family], _display_name(family), trainings[family].best_epoch or 0)


def draw_workers(workers: dict[str, pd.DataFrame], distributed: DistributedConfig) -> go.Figure:
    """Draw time and loss of every worker of the trained family by epoch."""
    return workers_by_epoch(workers[distributed.family], _display_name(distributed.family))


def _display_name(family: str) -> str:
    return families.display_name(families.spark_variant(family))
