"""What a worker does to answer new records: the champion is loaded once per process, batches of Arrow are answered."""

from __future__ import annotations

import hashlib
import io
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sakon import kinds
from sakon.lazy import pd
from sakon.models.bundle import ModelBundle
from sakon.problem import Label
from sakon.records.targets import known_target
from sakon.spark.partitions import BATCH, Files, Partition, batches
from sakon.spark.tables import REPLACE
from sakon.spark.threads import keep_for_good, limit_threads
from sakon.spark.writing import WrittenFile, keep_only, write_file

if TYPE_CHECKING:
    import pyarrow as pa

ROW, FILE, ACTUAL, PREDICTION = "row", "file", "actual", "prediction"
TASKS_PER_CORE = 4
MOST_ROWS = 1_000_000
"""Rows of a task, at most: what is done anew where one fails."""
SAVED_AT = "metadata.json"
ADDRESS = re.compile(rb'"__id__": \d+|"file": "\d+\.np[yz]"')


@dataclass(frozen=True)
class PackedBundle:
    """A predictor as files, none of which is a pickle.

    Attributes:
        digest: Of what they hold: the same for the same predictor, whenever it is written.
        files: Content of each by its name.
    """

    digest: str
    files: Mapping[str, bytes]


@dataclass(frozen=True)
class Target:
    """How the target that records have becomes `actual`.

    Attributes:
        column: Its name in the files.
        labels: Label of every value that was found (classification).
        as_text: Whether labels are given as text, as some are none of the champion's.
    """

    column: str
    labels: Mapping[Any, Label] = field(default_factory=dict)
    as_text: bool = False

    def label(self, value: Any) -> Label | None:
        """Return the label that a value of a file means; none where it is missing."""
        value = value.strip() if isinstance(value, str) else value
        if value == "" or pd.isna(value):
            return None
        label = self.labels.get(value, str(value))
        return str(label) if self.as_text else label


@dataclass(frozen=True)
class Layout:
    """What columns of the files are for.

    Attributes:
        numbers: Which of `FILE` and `ROW` the answers begin with.
        passing: Columns that pass along, and what they are called then.
        features: Columns that the champion reads, in order, and how it knows them.
        target: How the target is typed; `None` where there is none.
    """

    numbers: tuple[str, ...]
    passing: Mapping[str, str]
    features: Mapping[str, str]
    target: Target | None


@dataclass(frozen=True)
class Answering:
    """What all tasks of a scoring share.

    Attributes:
        layout: What the columns of the files are for.
        packed: Who answers.
        cores: Of a task.
        folder: Where answers are written.
    """

    layout: Layout
    packed: PackedBundle
    cores: int
    folder: str


@dataclass(frozen=True)
class Answers:
    """Answers to records in files, which workers give when they are written.

    Attributes:
        files: The records.
        layout: What their columns are for.
        packed: Who answers.
        cluster: Whose workers.
    """

    files: Files
    layout: Layout
    packed: PackedBundle
    cluster: Any

    def write_into(self, folder: Path) -> None:
        """Answer, and write what is answered: every task a file of its own."""
        folder.mkdir(parents=True)
        wanted = max(len(self.files.paths), TASKS_PER_CORE * self.cluster.cores, len(self.files) // MOST_ROWS)
        partitions = self.files.dealt(min(wanted, len(self.files)))
        answering = Answering(self.layout, self.packed, self.cluster.cores_per_task, str(folder))
        with self.cluster.shared(answering) as sent:
            written = self.cluster.run(answer_partition, partitions, sent)
        keep_only({file.name for file in written if file}, folder)


_held: dict[str, Any] = {}
"""The predictor of this process, under the digest of its files."""


def pack(bundle: ModelBundle) -> PackedBundle:
    """Return a model bundle as files.

    Args:
        bundle: The champion's.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle.save(folder)
        files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    return PackedBundle(_digest(files), files)


def _digest(files: Mapping[str, bytes]) -> str:
    """Return the digest of what files hold, without what differs whenever the same object is written.

    Archives carry moments; Keras adds that of saving, skops the addresses of objects.
    """
    found = hashlib.sha256()
    for name, content in files.items():
        if name.endswith(".json"):
            found.update(content)
            continue
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [ADDRESS.sub(b"", archive.read(each)) for each in archive.namelist() if each != SAVED_AT]
        found.update(b"".join(sorted(hashlib.sha256(member).digest() for member in members)))
    return found.hexdigest()


def answer_partition(partition: Partition, answering: Answering) -> WrittenFile | None:
    """Answer the records of a partition, and write the answers as a file.

    Args:
        partition: Which records.
        answering: Who answers, and where to write.

    Raises:
        DataError: If a file cannot be read.
    """
    bundle = bundle_of(answering.packed, answering.cores)
    return write_file(answered(partition, answering.layout, bundle), answering.folder)


def answered(partition: Partition, layout: Layout, bundle: Any) -> Iterator[pa.Table]:
    """Answer the records of a partition batch after batch.

    Yields:
        `file` and `row` as the layout has them; what passes along; `actual`, where there is a target; `prediction`,
        and one `probability_<class>` each.
    """
    import pyarrow as pa

    for rows in partition.slices:
        first = rows.start
        for batch in batches(rows, BATCH, REPLACE):
            numbers = {
                FILE: pa.array([Path(rows.path).name] * len(batch)),
                ROW: pa.array(np.arange(first, first + len(batch))),
            }
            first += len(batch)
            columns = {name: numbers[name] for name in layout.numbers}
            columns |= {name: batch.column(found) for found, name in layout.passing.items()}
            if layout.target is not None:
                columns[ACTUAL] = _actual(batch.column(layout.target.column), layout.target, bundle)
            request = batch.select(list(layout.features)).rename_columns(list(layout.features.values()))
            yield pa.table(columns | _answers(bundle, request.to_pandas()))


def bundle_of(packed: PackedBundle, cores: int) -> Any:
    """Return this process's predictor, made of the files that were sent when it is asked for the first time."""
    if packed.digest not in _held:
        _held.clear()
        limit_threads(cores)
        with tempfile.TemporaryDirectory() as folder:
            for name, content in packed.files.items():
                (Path(folder) / name).write_bytes(content)
            _held[packed.digest] = ModelBundle.load(Path(folder))
        keep_for_good()
    return _held[packed.digest]


def _answers(bundle: Any, request: Any) -> dict[str, pa.Array]:
    """Return what `Predictor.predict` answers, as columns of Arrow."""
    import pyarrow as pa

    schema, input_spec = bundle.schema, bundle.input_spec
    outputs = bundle.outputs(kinds.get(schema.kind).from_request(request, schema))
    if schema.task != "classification":
        return {PREDICTION: pa.array(input_spec.in_unit_of_target(outputs.reshape(-1)))}
    labels = pa.array(list(input_spec.classes)).take(pa.array(outputs.argmax(axis=1)))
    columns = np.ascontiguousarray(outputs.T)  # one after another, so that Arrow takes each as it lies
    return {PREDICTION: labels} | {
        f"probability_{label}": pa.array(column) for label, column in zip(input_spec.classes, columns, strict=True)
    }


def _actual(column: pa.Array, target: Target, bundle: Any) -> pa.Array:
    """Return the target as numbers, or as the labels that it means; each different value is looked up once."""
    import pyarrow as pa

    if bundle.schema.task != "classification":
        known = known_target(column.to_pandas(), target.column, bundle.schema.task, ())
        return pa.array(known.reindex(range(len(column))), type=pa.float64(), from_pandas=True)
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    wanted = pa.string() if target.as_text else pa.array(list(bundle.input_spec.classes)).type
    return pa.array([target.label(value) for value in encoded.dictionary.to_pylist()], type=wanted).take(
        encoded.indices
    )
