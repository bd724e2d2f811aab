"""File datasets of kedro-datasets with an atomic `save`, and pydantic models as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from kedro.utils import load_obj
from kedro_datasets._typing import JSONPreview, TablePreview
from kedro_datasets.json import JSONDataset as _JSONDataset
from kedro_datasets.pandas import CSVDataset as _CSVDataset
from kedro_datasets.pandas import ParquetDataset as _ParquetDataset
from kedro_datasets.plotly import JSONDataset as _PlotlyDataset
from kedro_datasets.text import TextDataset as _TextDataset
from pydantic import BaseModel, ValidationError

from sakon.atomic import atomic_write
from sakon.datasets.base import AtomicMixin, FileDataset, damaged_file_sentence
from sakon.errors import DataError


class CSVDataset(AtomicMixin, _CSVDataset):  # type: ignore[misc]
    """A table as CSV, in which only an empty cell is a missing value: a column or class may be called NA."""

    content = "CSV table"

    DEFAULT_LOAD_ARGS: ClassVar[dict[str, Any]] = {"keep_default_na": False, "na_values": [""]}


class JSONDataset(AtomicMixin, _JSONDataset):  # type: ignore[misc]
    """Numbers, texts, lists and dictionaries as JSON."""

    content = "JSON file"


class PlotlyDataset(AtomicMixin, _PlotlyDataset):  # type: ignore[misc]
    """A plotly figure as JSON."""

    content = "figure as JSON"


class TextDataset(AtomicMixin, _TextDataset):  # type: ignore[misc]
    """A text, such as a report in HTML."""

    content = "text"


class ParquetDataset(AtomicMixin, _ParquetDataset):  # type: ignore[misc]
    """A table as Parquet with page checksums: reading a corrupted file raises an error."""

    content = "Parquet table"

    DEFAULT_LOAD_ARGS: ClassVar[dict[str, Any]] = {"page_checksum_verification": True}
    DEFAULT_SAVE_ARGS: ClassVar[dict[str, Any]] = {"index": False, "write_page_checksum": True}

    def preview(self, nrows: int = 5) -> TablePreview:
        """Return the first rows for Kedro-Viz; values that JSON cannot represent (images, dates) become text."""
        head = self.load().head(nrows)
        for column in head.columns[head.dtypes.map(lambda dtype: dtype.kind not in "biuf")]:
            head[column] = head[column].astype(str)
        preview: TablePreview = head.to_dict(orient="split")
        return preview


class TypedJSONDataset(FileDataset):
    """A pydantic model as JSON.

    Args:
        filepath: Path of the file.
        model: Dotted path of the pydantic class.
        optional: Whether `load` returns `None` if the file does not exist, instead of raising an error.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def __init__(
        self, *, filepath: str, model: str, optional: bool = False, metadata: dict[str, Any] | None = None
    ) -> None:
        super().__init__(filepath=filepath, optional=optional, metadata=metadata)
        self._model = model

    def _read(self, path: Path) -> BaseModel:
        model: type[BaseModel] = load_obj(self._model)
        try:
            return model.model_validate_json(path.read_bytes())
        except ValidationError as error:
            raise DataError(damaged_file_sentence(path, f"{model.__name__} as JSON", _difference(error))) from error

    def save(self, data: BaseModel) -> None:
        """Write the model."""
        with atomic_write(self._filepath) as temporary:
            temporary.write_text(data.model_dump_json(indent=2), encoding="utf-8")

    def preview(self) -> JSONPreview:
        """Return the content for Kedro-Viz."""
        return JSONPreview(self.load().model_dump_json())

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "model": self._model}


def _difference(error: ValidationError) -> str:
    """Return in a few words how a file differs from its class: the first difference, and the number of others."""
    first = error.errors(include_url=False)[0]
    field = ".".join(map(str, first["loc"]))
    if first["type"] == "json_invalid":
        return "no complete JSON text"
    texts = {"missing": f"no field '{field}'", "extra_forbidden": f"the unknown field '{field}'"}
    text = texts.get(first["type"], f"'{field}' = {first['input']!r}"[:100])
    others = error.error_count() - 1
    return text + (f", and {others} more" if others else "")
