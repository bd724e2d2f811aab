"""Lists of whole numbers out of an archive that NumPy pickled them into, without running what it says."""

from __future__ import annotations

import pickle
from typing import IO, Any

import numpy as np

# All that an array of lists of numbers needs; NumPy 1 and NumPy 2 name the third differently.
_ALLOWED = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
    ("numpy._core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
}


class _NumbersOnly(pickle.Unpickler):
    """Knows arrays, and no other class or function."""

    def find_class(self, module: str, name: str) -> Any:
        """Return what stands for a name in the file.

        Raises:
            ValueError: If it is anything but an array.
        """
        if (module, name) not in _ALLOWED:
            raise ValueError(f"expected an array of lists, found {module}.{name}")
        return _ALLOWED[module, name]


def read_lists(file: IO[bytes]) -> np.ndarray:
    """Read one `.npy` stream of Python lists, which `numpy.load` would refuse or run.

    Args:
        file: The stream, at its start.

    Returns:
        The array of lists, (rows,), dtype object.

    Raises:
        ValueError: If the stream names anything but arrays.
    """
    version = np.lib.format.read_magic(file)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    read_header(file)
    return np.asarray(_NumbersOnly(file).load(), dtype=object)
