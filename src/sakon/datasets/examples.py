"""Model inputs as Parquet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from kedro.io import AbstractDataset

from sakon.atomic import atomic_write
from sakon.problem import Examples

SHAPE_KEY = b"sakon.shape"


class ExamplesDataset(AbstractDataset[Examples, Examples]):
    """A `Examples` as one Parquet file or a folder of them, with page checksums.

    Columns: `x` (fixed-size list of float32 or int32, in row-major order; the shape of one example
    is kept in the schema's metadata), `y`, `row`, and `tokens` where there are any. Arrow lists become NumPy
    without a copy.

    Args:
        filepath: Path of the file or folder.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> Examples:
        """Read the arrays."""
        import pyarrow.parquet as pq

        return examples_from_arrow(pq.read_table(self._filepath, page_checksum_verification=True))

    def save(self, data: Examples) -> None:
        """Write the arrays."""
        import pyarrow.parquet as pq

        with atomic_write(self._filepath) as partial:
            pq.write_table(examples_to_arrow(data), partial, write_page_checksum=True)

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


def examples_from_arrow(table: Any) -> Examples:
    """Return the part that an Arrow table holds."""
    shape = json.loads(table.schema.metadata[SHAPE_KEY])
    return Examples(
        x=_array(table.column("x")).reshape(len(table), *shape),
        y=_targets(table.column("y")),
        row=table.column("row").to_numpy(),
        tokens=_array(table.column("tokens")) if "tokens" in table.column_names else None,
    )


def examples_to_arrow(part: Examples) -> Any:
    """Return a part as the Arrow table that its files hold."""
    import pyarrow as pa

    columns = {
        "x": _lists(part.x),
        "y": pa.array(part.y) if part.y.ndim == 1 else _lists(part.y),
        "row": pa.array(part.row),
    }
    if part.tokens is not None:
        columns["tokens"] = _lists(part.tokens)
    return pa.table(columns).replace_schema_metadata({SHAPE_KEY: json.dumps(part.x.shape[1:])})


def _array(column: Any) -> np.ndarray:
    """Return a column of lists of one size as (rows, size), without a copy."""
    values = column.combine_chunks()
    return np.asarray(values.flatten()).reshape(len(values), -1)


def _targets(column: Any) -> np.ndarray:
    import pyarrow as pa

    return _array(column) if pa.types.is_fixed_size_list(column.type) else column.to_numpy()


def _lists(values: np.ndarray) -> Any:
    import pyarrow as pa

    return pa.FixedSizeListArray.from_arrays(np.ascontiguousarray(values).reshape(-1), int(np.prod(values.shape[1:])))
