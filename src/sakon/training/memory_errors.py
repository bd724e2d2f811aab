"""Errors of a device or a machine without memory, as all backends raise them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import prod

from sakon.errors import SakonError, chain_of

TYPE_NAMES = {"ResourceExhaustedError", "OutOfMemoryError"}
"""Errors of TensorFlow and of PyTorch on a GPU; neither is imported here."""
TEXTS = ("RESOURCE_EXHAUSTED", "can't allocate memory")
"""Texts in errors of JAX and of PyTorch on a CPU, which have no type of their own."""
UNITS = {"bytes": 1, "B": 1} | {f"{prefix}iB": 1024**power for power, prefix in enumerate("KMGT", start=1)}
ITEM_BYTES = {"double": 8, "int64": 8, "half": 2, "bfloat16": 2, "int8": 1, "uint8": 1, "bool": 1}
"""Bytes of TensorFlow's types; all others have `DEFAULT_ITEM_BYTES`."""
DEFAULT_ITEM_BYTES = 4
_AMOUNT = re.compile(r"allocat\w*:?(?: you tried to allocate)? ([\d.]+) ?(bytes|B|[KMGT]iB)\b")
_SHAPE = re.compile(r"shape ?\[([\d,]+)\] and type (\w+)")


class FamilyMemoryError(SakonError):
    """A family needs more memory than the device has.

    Args:
        family: Name of the family.
        needed: Bytes that could not be allocated; `None` if the library does not say.
        remedies: What to do.
    """

    def __init__(self, family: str, needed: int | None, remedies: Sequence[str]) -> None:
        amount = "an array that does not fit" if needed is None else f"an array of {format_bytes(needed)} that does not"
        super().__init__(
            f"Family {family}: expected its arrays to fit into the free memory of the device, found {amount}; "
            f"{', or '.join(remedies)}."
        )


def is_memory_error(error: BaseException) -> bool:
    """Return whether an error, or a cause of it, says that memory is full."""
    return _cause(error) is not None


def needed_bytes(error: BaseException) -> int | None:
    """Return how many bytes could not be allocated, if the error says so."""
    text = str(_cause(error))
    if amount := _AMOUNT.search(text):
        return int(float(amount[1].rstrip(".")) * UNITS[amount[2]])
    if shape := _SHAPE.search(text):
        return prod(map(int, shape[1].split(","))) * ITEM_BYTES.get(shape[2], DEFAULT_ITEM_BYTES)
    return None


def format_bytes(count: int) -> str:
    """Return a number of bytes in the largest unit of which there is one at least."""
    unit = next((name for name, size in reversed(UNITS.items()) if count >= size > 1), "bytes")
    return f"{count / UNITS[unit]:,.3g} {unit}"


def _cause(error: BaseException) -> BaseException | None:
    return next((each for each in chain_of(error) if _is_memory_error(each)), None)


def _is_memory_error(error: BaseException) -> bool:
    if isinstance(error, MemoryError) or type(error).__name__ in TYPE_NAMES:
        return True
    return isinstance(error, RuntimeError) and any(text in str(error) for text in TEXTS)
