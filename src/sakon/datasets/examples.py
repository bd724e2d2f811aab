"""Examples, the inputs and targets of models, as Parquet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from kedro.io import AbstractDataset

from sakon.atomic import atomic_write
from sakon.datasets.base import file_errors
from sakon.problem import Examples

if TYPE_CHECKING:
    import pyarrow as pa

SHAPE_KEY = b"sakon.shape"
"""Key of the shape of one example in the metadata of the Arrow schema."""


class ExamplesDataset(AbstractDataset[Examples, Examples]):
    """`Examples` as one Parquet file, or a folder of Parquet files, with page checksums.

    Columns: `x` (fixed-size list of float32 or int32, in row-major order; the schema's metadata contain the shape of
    one example), `y`, `row`, and `tokens` if the examples have tokens. Arrow lists become NumPy arrays without a
    copy.

    Args:
        filepath: Path of the file or folder.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> Examples:
        """Return the examples.

        Raises:
            DataError: If a file is missing or damaged.
        """
        import pyarrow.parquet as pq

        with file_errors(self._filepath, "table of examples"):
            return examples_from_arrow(pq.read_table(self._filepath, page_checksum_verification=True))

    def save(self, data: Examples) -> None:
        """Write the examples to one file."""
        import pyarrow.parquet as pq

        with atomic_write(self._filepath) as temporary:
            pq.write_table(examples_to_arrow(data), temporary, write_page_checksum=True)

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


def examples_from_arrow(table: pa.Table) -> Examples:
    """Return the examples of an Arrow table."""
    shape = json.loads(table.schema.metadata[SHAPE_KEY])
    return Examples(
        x=_array(table.column("x")).reshape(len(table), *shape),
        y=_targets(table.column("y")),
        row=table.column("row").to_numpy(),
        tokens=_array(table.column("tokens")) if "tokens" in table.column_names else None,
    )


def examples_to_arrow(examples: Examples) -> pa.Table:
    """Return examples as an Arrow table with the columns of the files."""
    import pyarrow as pa

    columns = {
        "x": _lists(examples.x),
        "y": pa.array(examples.y) if examples.y.ndim == 1 else _lists(examples.y),
        "row": pa.array(examples.row),
    }
    if examples.tokens is not None:
        columns["tokens"] = _lists(examples.tokens)
    return pa.table(columns).replace_schema_metadata({SHAPE_KEY: json.dumps(examples.x.shape[1:])})


def _array(column: pa.ChunkedArray) -> np.ndarray:
    """Return a column of lists of equal size as an array (rows, size), without a copy."""
    values = column.combine_chunks()
    return np.asarray(values.flatten()).reshape(len(values), -1)


def _targets(column: pa.ChunkedArray) -> np.ndarray:
    import pyarrow as pa

    return _array(column) if pa.types.is_fixed_size_list(column.type) else column.to_numpy()


def _lists(values: np.ndarray) -> pa.FixedSizeListArray:
    import pyarrow as pa

    return pa.FixedSizeListArray.from_arrays(np.ascontiguousarray(values).reshape(-1), int(np.prod(values.shape[1:])))
