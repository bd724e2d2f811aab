"""Model inputs as Parquet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from kedro.io import AbstractDataset

from sakon.datasets.atomic import replacing
from sakon.problem import Part

_SHAPE = b"sakon.shape"


class PartDataset(AbstractDataset[Part, Part]):
    """A `Part` as one Parquet file or a folder of them, with page checksums.

    Columns: `x` (fixed-size list of float32 or int32, in row-major order; the shape of one example
    is kept in the schema's metadata), `y`, `row`. Arrow lists become NumPy without a copy.

    Args:
        filepath: Path of the file or folder.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> Part:
        """Read the arrays."""
        import pyarrow.parquet as pq

        table = pq.read_table(self._filepath, page_checksum_verification=True)
        shape = json.loads(table.schema.metadata[_SHAPE])
        x = table.column("x").combine_chunks()
        return Part(
            x=np.asarray(x.flatten()).reshape(len(table), *shape),
            y=table.column("y").to_numpy(),
            row=table.column("row").to_numpy(),
        )

    def save(self, data: Part) -> None:
        """Write the arrays."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        flat = np.ascontiguousarray(data.x).reshape(-1)
        width = int(np.prod(data.x.shape[1:]))
        table = pa.table(
            {"x": pa.FixedSizeListArray.from_arrays(flat, width), "y": pa.array(data.y), "row": pa.array(data.row)},
        ).replace_schema_metadata({_SHAPE: json.dumps(data.x.shape[1:])})
        with replacing(self._filepath) as partial:
            pq.write_table(table, partial, write_page_checksum=True)

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
