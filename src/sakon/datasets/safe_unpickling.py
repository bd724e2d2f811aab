"""Reads lists of numbers from a pickled NumPy array without running code of the file."""

from __future__ import annotations

import pickle
from typing import IO, Any

import numpy as np

# The only names that an array of lists of numbers needs; NumPy 1 and NumPy 2 use different names for the third.
_ALLOWED = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
    ("numpy._core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
}


class _ArrayUnpickler(pickle.Unpickler):
    """An unpickler that loads arrays, and no other class or function."""

    def find_class(self, module: str, name: str) -> Any:
        """Return the object of a name in the file.

        Raises:
            ValueError: If the name does not belong to an array.
        """
        if (module, name) not in _ALLOWED:
            raise ValueError(f"expected an array of lists, found {module}.{name}")
        return _ALLOWED[module, name]


def read_lists(file: IO[bytes]) -> np.ndarray:
    """Read one `.npy` stream of Python lists, which `numpy.load` refuses without pickle.

    Args:
        file: The stream, at its start.

    Returns:
        The array of lists, (rows,), dtype object.

    Raises:
        ValueError: If the stream contains anything but arrays and lists.
    """
    version = np.lib.format.read_magic(file)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    read_header(file)
    return np.asarray(_ArrayUnpickler(file).load(), dtype=object)
