"""Prediction by workers: the champion is loaded once per process and predicts Arrow batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sakon import kinds
from sakon.lazy import pd
from sakon.models.bundle import ModelBundle
from sakon.models.packed import PackedBundle
from sakon.records.missing_values import stands_for_missing
from sakon.records.targets import parse_new_target
from sakon.spark.cluster import Cluster
from sakon.spark.part_files import PartFile, remove_other_files, write_part_file
from sakon.spark.partitions import BATCH_ROWS, ParquetFiles, Partition, read_batches
from sakon.spark.scoring_columns import ACTUAL, FILE, PREDICTION, ROW, ScoringColumns, TargetColumn
from sakon.spark.table_dataset import REPLACE_FILE
from sakon.spark.worker_process import ProcessCache

if TYPE_CHECKING:
    import pyarrow as pa

TASKS_PER_CORE = 4
MAX_TASK_ROWS = 1_000_000
"""Maximum rows of a task: these are predicted again if it fails."""

_bundles: ProcessCache[ModelBundle] = ProcessCache()
"""The model bundle of this worker process, by its digest."""


@dataclass(frozen=True)
class PredictionJob:
    """What all tasks of a prediction share.

    Attributes:
        columns: Columns of the files by their purpose.
        bundle: The champion's bundle.
        cores: Cores per task.
        folder: Where predictions are written.
    """

    columns: ScoringColumns
    bundle: PackedBundle
    cores: int
    folder: str


@dataclass(frozen=True)
class PendingPredictions:
    """Predictions that workers compute when they are saved; see `sakon.spark.table_dataset.FolderWriter`.

    Attributes:
        files: The records.
        columns: Their columns by purpose.
        bundle: The champion's bundle.
        cluster: Its workers predict.
    """

    files: ParquetFiles
    columns: ScoringColumns
    bundle: PackedBundle
    cluster: Cluster

    def write_into(self, folder: Path) -> None:
        """Predict, and write the predictions; every task writes a file."""
        folder.mkdir(parents=True)
        tasks = max(len(self.files.paths), TASKS_PER_CORE * self.cluster.cores, len(self.files) // MAX_TASK_ROWS)
        partitions = self.files.partition(min(tasks, len(self.files)))
        job = PredictionJob(self.columns, self.bundle, self.cluster.cores_per_task, str(folder))
        with self.cluster.broadcast(job) as broadcast:
            files = self.cluster.map(predict_partition, partitions, broadcast)
        remove_other_files({file.name for file in files if file}, folder)


def load_packed_bundle(packed: PackedBundle, cores: int) -> ModelBundle:
    """Return the model bundle; each worker process loads it once.

    Args:
        packed: The bundle's files.
        cores: Cores per task.
    """
    return _bundles.get(packed.digest, packed.unpack, cores)


def predict_partition(partition: Partition, job: PredictionJob) -> PartFile | None:
    """Predict the records of a partition, and write the predictions to a file.

    Args:
        partition: The records.
        job: The champion, and where to write.

    Raises:
        DataError: If a file cannot be read.
    """
    bundle = load_packed_bundle(job.bundle, job.cores)
    return write_part_file(predict_batches(partition, job.columns, bundle), job.folder)


def predict_batches(partition: Partition, columns: ScoringColumns, bundle: ModelBundle) -> Iterator[pa.Table]:
    """Predict the records of a partition in batches.

    Yields:
        The row keys (`file`, `row`); the columns that are copied; `actual` if there is a target; `prediction`, and
        `probability_<class>` for every class.
    """
    import pyarrow as pa

    for rows in partition.ranges:
        first = rows.start
        for batch in read_batches(rows, BATCH_ROWS, REPLACE_FILE):
            row_keys = {
                FILE: pa.array([Path(rows.path).name] * len(batch)),
                ROW: pa.array(np.arange(first, first + len(batch))),
            }
            first += len(batch)
            output = {name: row_keys[name] for name in columns.row_keys}
            output |= {name: batch.column(original) for original, name in columns.passthrough.items()}
            if columns.target is not None:
                output[ACTUAL] = to_actual(batch.column(columns.target.name), columns.target, bundle)
            features = batch.select(list(columns.features)).rename_columns(list(columns.features.values()))
            yield pa.table(output | _predict(bundle, features.to_pandas()))


def _predict(bundle: ModelBundle, features: pd.DataFrame) -> dict[str, pa.Array]:
    """Return the same predictions as `ModelBundle.predict`, as columns of Arrow."""
    import pyarrow as pa

    schema, input_spec = bundle.schema, bundle.input_spec
    outputs = bundle.outputs(kinds.get(schema.kind).from_request(features, schema))
    if schema.task != "classification":
        return {PREDICTION: pa.array(input_spec.in_unit_of_target(outputs.reshape(-1)))}
    labels = pa.array(list(input_spec.classes)).take(pa.array(outputs.argmax(axis=1)))
    columns = np.ascontiguousarray(outputs.T)  # Arrow takes each column without a copy
    return {PREDICTION: labels} | {
        f"probability_{label}": pa.array(column) for label, column in zip(input_spec.classes, columns, strict=True)
    }


def to_actual(column: pa.Array, target: TargetColumn, bundle: ModelBundle) -> pa.Array:
    """Return the target as numbers or labels; the label of each different value is looked up once."""
    import pyarrow as pa

    if bundle.schema.task != "classification":
        values = column.to_pandas()
        values = values.mask(stands_for_missing(values, target.missing_values))
        numbers = parse_new_target(values, target.name, bundle.schema.task, ())
        return pa.array(numbers.reindex(range(len(column))), type=pa.float64(), from_pandas=True)
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    label_type = pa.string() if target.as_text else pa.array(list(bundle.input_spec.classes)).type
    is_missing = stands_for_missing(encoded.dictionary.to_pandas(), target.missing_values)
    labels = [
        None if missing else target.to_label(value)
        for value, missing in zip(encoded.dictionary.to_pylist(), is_missing, strict=True)
    ]
    return pa.array(labels, type=label_type).take(encoded.indices)
