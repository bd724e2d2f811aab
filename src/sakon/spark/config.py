"""Configuration of the pipelines on Spark: the key `distributed` of the parameters."""

from __future__ import annotations

from pydantic import Field, field_validator

from sakon import families
from sakon.errors import did_you_mean
from sakon.problem import Frozen


class DistributedConfig(Frozen):
    """What is trained on a cluster, and how the workers' variables become those of one model.

    Attributes:
        family: Family that `distributed_training` trains.
        partitions: Number of partitions of train, one task each. If `None`: one per file, or one per core if there is
            a single file.
        local_epochs: Epochs of a worker over its partition between two averages, in (0, ∞).
        shared_batch: Whether the family's `batch_size` is that of all workers together, each using its share: as many
            steps per epoch as on one machine. Otherwise each worker uses whole batches: fewer steps, faster epochs.
            If `None`: shared where there would be fewer than `sakon.spark.batching.MIN_STEPS_WITHOUT_SHARING` steps.
        outer_learning_rate: Factor of the averaged change for the next start. With 1 and no momentum, the next start
            is the average. Validation always measures the average.
        outer_momentum: Momentum of the averaged change, in [0, 1) (DiLoCo, Douillard et al. 2023, arXiv 2311.08105).
        nesterov: Whether that momentum is Nesterov momentum.
        data: Path of the table that `distributed_preprocessing` reads, CSV or Parquet, a file or a folder. If `None`:
            the records that `ingestion` wrote.
        sample_rows: Maximum number of train rows in the driver: the preprocessor, the initial state of a map and
            linear probes are fitted on these.
        validation_rows: Maximum number of validation rows that the driver evaluates in every epoch.
        max_model_mib: Maximum size of the variables, in MiB, that are sent to every worker and back.
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
    max_model_mib: int = Field(1024, ge=1)

    @field_validator("family")
    @classmethod
    def _check_family(cls, family: str) -> str:
        names = families.trainable()
        if family not in names:
            raise ValueError(f"expected a family that is a network, found '{family}'{did_you_mean(family, names)}")
        return family
