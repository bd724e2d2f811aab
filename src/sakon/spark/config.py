"""Settings of all that runs on Spark, the key `distributed` of the parameters."""

from __future__ import annotations

from pydantic import Field, field_validator

from sakon import families
from sakon.errors import did_you_mean
from sakon.problem import Frozen


class DistributedConfig(Frozen):
    """What is trained on a cluster, and how the workers' answers become one model.

    Attributes:
        family: Family that `distributed_training` trains.
        partitions: Parts of train, one task each; when left out one per file, of a single file one per core.
        local_epochs: Passes of a worker over its own partition between two averages, in (0, ∞).
        shared_batch: Whether the family's `batch_size` is that of all workers together, each taking its share: as many
            steps in an epoch as on one machine. If not, each takes a whole batch: fewer steps, sooner done. When left
            out, shared where that would leave fewer than `sakon.spark.batching.ENOUGH_STEPS` of them.
        outer_learning_rate: Share of the averaged change that the next start takes; with 1 and no momentum it is
            the average itself. The average is what validation judges in any case.
        outer_momentum: Momentum of the averaged change, in [0, 1) (DiLoCo, Douillard et al. 2023, arXiv 2311.08105).
        nesterov: Whether that momentum looks ahead.
        data: Path of the table that `distributed_preprocessing` reads, CSV or Parquet, a file or a folder; when left
            out, the records that `ingestion` has made.
        sample_rows: Most rows that ever come to the driver from train: those that the preprocessor, a map's start,
            or a linear probe is fitted on.
        validation_rows: Most rows of validation that the driver measures every epoch by.
        largest_model: Most MiB of variables that are sent to every worker and back.
    """

    family: str = "mlp"
    partitions: int | None = Field(None, ge=1)
    local_epochs: float = Field(1.0, gt=0)
    shared_batch: bool | None = None
    outer_learning_rate: float = Field(1.0, gt=0)
    outer_momentum: float = Field(0.0, ge=0, lt=1)
    nesterov: bool = True
    data: str | None = Field(None, min_length=1)
    sample_rows: int = Field(100_000, ge=15)
    validation_rows: int = Field(100_000, ge=1)
    largest_model: int = Field(1024, ge=1)

    @field_validator("family")
    @classmethod
    def _family_is_a_network(cls, family: str) -> str:
        known = families.trainable()
        if family not in known:
            raise ValueError(f"expected a family that is a network, found '{family}'{did_you_mean(family, known)}")
        return family
