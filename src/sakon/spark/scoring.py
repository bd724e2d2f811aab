"""What a worker does to answer new records: the champion is loaded once per process, batches of Arrow pass through."""

from __future__ import annotations

import hashlib
import io
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sakon import kinds
from sakon.datasets import skops
from sakon.lazy import keras
from sakon.problem import Label
from sakon.spark.threads import limit_threads

if TYPE_CHECKING:
    import pyarrow as pa

ACTUAL, PREDICTION = "actual", "prediction"
SAVED_AT = "metadata.json"
ADDRESS = re.compile(rb'"__id__": \d+|"file": "\d+\.np[yz]"')


@dataclass(frozen=True)
class Packed:
    """A predictor as files, none of which is a pickle.

    Attributes:
        files: Content of each by its name, as `Predictor.load` reads them.
        digest: Of what they hold: the same for the same predictor, whenever it is written.
    """

    files: Mapping[str, bytes]
    digest: str


@dataclass(frozen=True)
class Target:
    """How the target that a table holds becomes `actual`.

    Attributes:
        labels: Label of every value that was found (classification).
        as_text: Whether labels are given as text, as some are none of the champion's.
    """

    labels: Mapping[Any, Label] = field(default_factory=dict)
    as_text: bool = False

    def typed(self, value: Any) -> Label:
        """Return the label that a value of the table means."""
        label = self.labels.get(value, str(value).strip())
        return str(label) if self.as_text else label


@dataclass(frozen=True)
class Answering:
    """What all tasks of a scoring share.

    Attributes:
        digest: Of the champion's files; a process that has loaded them knows them by it.
        files: The files as Spark's broadcast: sent once per executor, read as `.value`.
        load: Makes a predictor of a folder of them.
        target: How column `actual` is typed; `None` where there is none, or it is typed already.
        cores: Of a task.
    """

    digest: str
    files: Any
    load: Callable[[Path], Any]
    target: Target | None
    cores: int


_held: dict[str, Any] = {}
"""The predictor of this process, under the digest of its files."""


def pack(predictor: Any) -> Packed:
    """Write a predictor as the files that `Predictor.load` reads.

    Args:
        predictor: Has `schema`, `input_spec`, `preprocessor` and `model`.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("schema", "input_spec"):
            (folder / f"{part}.json").write_text(getattr(predictor, part).model_dump_json(), encoding="utf-8")
        skops.dump(predictor.preprocessor, folder / "preprocessor.skops")
        if isinstance(predictor.model, keras.Model):
            predictor.model.save(folder / "model.keras")
        else:
            skops.dump(predictor.model, folder / "model.skops")
        files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    return Packed(files, _digest(files))


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


def answer_batches(batches: Iterator[pa.RecordBatch], answering: Answering) -> Iterator[pa.RecordBatch]:
    """Answer batch after batch; for `DataFrame.mapInArrow`.

    Args:
        batches: The last columns are the champion's features, in order; those before pass as they are, but for
            `actual`, which is typed where `answering.target` says how.
        answering: Who answers.

    Yields:
        What came before the features, `prediction`, and one `probability_<class>` each.
    """
    import pyarrow as pa

    predictor = None
    for batch in batches:
        if not batch.num_rows:
            continue
        predictor = predictor or _predictor(answering)
        features = list(predictor.schema.features)
        kept = batch.num_columns - len(features)
        names, columns = batch.schema.names[:kept], batch.columns[:kept]
        if answering.target is not None:
            place = names.index(ACTUAL)
            columns[place] = _labels(columns[place], answering.target, predictor.input_spec.classes)
        request = pa.RecordBatch.from_arrays(batch.columns[kept:], names=features).to_pandas()
        answers = _answers(predictor, request)
        yield pa.RecordBatch.from_arrays([*columns, *answers.values()], names=[*names, *answers])


def _predictor(answering: Answering) -> Any:
    """Return this process's predictor, made of the files that were sent when it is asked for the first time."""
    if answering.digest not in _held:
        _held.clear()
        limit_threads(answering.cores)
        with tempfile.TemporaryDirectory() as folder:
            for name, content in answering.files.value.items():
                (Path(folder) / name).write_bytes(content)
            _held[answering.digest] = answering.load(Path(folder))
    return _held[answering.digest]


def _answers(predictor: Any, request: Any) -> dict[str, pa.Array]:
    """Return what `Predictor.predict` answers, as columns of Arrow."""
    import pyarrow as pa

    schema, input_spec = predictor.schema, predictor.input_spec
    outputs = predictor.outputs(kinds.get(schema.kind).from_request(request, schema))
    if schema.task != "classification":
        return {PREDICTION: pa.array(input_spec.in_unit_of_target(outputs.reshape(-1)))}
    labels = pa.array(list(input_spec.classes)).take(pa.array(outputs.argmax(axis=1)))
    columns = np.ascontiguousarray(outputs.T)  # one after another, so that Arrow takes each as it lies
    return {PREDICTION: labels} | {
        f"probability_{label}": pa.array(column) for label, column in zip(input_spec.classes, columns, strict=True)
    }


def _labels(column: pa.Array, target: Target, classes: tuple[Label, ...]) -> pa.Array:
    """Return the labels that the values of a column mean; each different value is looked up once."""
    import pyarrow as pa

    encoded = column.dictionary_encode()
    wanted = pa.string() if target.as_text else pa.array(list(classes)).type
    return pa.array([target.typed(value) for value in encoded.dictionary.to_pylist()], type=wanted).take(
        encoded.indices
    )
