"""Detects the encoding of a text file.

The rules, in order: a byte order mark decides (UTF-8 or UTF-16); a file that is valid UTF-8 throughout is UTF-8; if
some lines are UTF-8 and others are not, the encoding of most of them is taken, and bytes that do not fit become the
replacement character; otherwise the file is Windows-1252 if that gives plausible Western words, and else what
charset-normalizer finds most likely.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from sakon.errors import DataError

BLOCK_BYTES = 2**20
MAX_SAMPLE_BYTES = 2**16
WESTERN = "cp1252"
WORD = re.compile(r"\S*[^\x00-\x7f]\S*")
FIELD = re.compile(rb"[^\s;,|\"\d]*[\x80-\xff][^\s;,|\"\d]*")
SYMBOL_IN_WORD = re.compile(r"[^\W\d_][¡-¿×÷][^\W\d_]")
FOUR_ACCENTS = re.compile(r"[À-ÿŒœŠšŽžŸƒ]{4}")
MAX_IMPLAUSIBLE_WORDS = 0.05
BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Encoding:
    """The encoding of a text file.

    Attributes:
        name: Its name in Python.
        reason: How it was detected.
        errors: `strict`, or `replace` if some bytes do not fit.
    """

    name: str
    reason: str
    errors: str = "strict"


def detect_encoding(path: Path) -> Encoding:
    """Detect the encoding of a text file by reading all of it.

    Raises:
        DataError: If the file is binary.
    """
    with path.open("rb") as file:
        start = file.read(BLOCK_BYTES)
    for mark, name in BYTE_ORDER_MARKS:
        if start.startswith(mark):
            return Encoding(name, "the file begins with a byte order mark")
    if b"\x00" in start:
        raise DataError(
            f"{path}: expected text, found a binary file; save the table as CSV, or give the file the extension of "
            f"its format (.xlsx, .parquet, .npz)."
        )
    return _detect_without_mark(path)


def _detect_without_mark(path: Path) -> Encoding:
    utf8, other, first_other, sample, size = 0, 0, 0, [], 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.isascii():
                continue
            if _is_utf8(line):
                utf8 += 1
                continue
            other += 1
            first_other = first_other or number
            if size < MAX_SAMPLE_BYTES:
                sample.append(line)
                size += len(line)
    if not other:
        return Encoding("utf-8", "the whole file is UTF-8" if utf8 else "plain ASCII")
    likely, reason = _guess_encoding(b"".join(sample))
    if not utf8:
        errors = "strict" if _can_decode(path, likely) else "replace"
        return Encoding(likely, f"line {first_other} is not UTF-8; {reason}", errors)
    return Encoding(
        "utf-8" if utf8 >= other else likely,
        f"mixed: {utf8:,} lines are UTF-8, {other:,} are not (the first is line {first_other}) and look like {likely}; "
        f"characters that do not fit become �",
        "replace",
    )


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _can_decode(path: Path, encoding: str) -> bool:
    try:
        with path.open(encoding=encoding) as file:
            while file.read(BLOCK_BYTES):
                pass
    except UnicodeDecodeError:
        return False
    return True


def _guess_encoding(sample: bytes) -> tuple[str, str]:
    if _is_plausibly_western(sample):
        return WESTERN, "Windows-1252 gives plausible words"
    import charset_normalizer

    words = dict.fromkeys(FIELD.findall(sample))  # numbers and repeated lines mislead charset-normalizer
    best = charset_normalizer.from_bytes(b" ".join(words)).best()
    if best is None:
        return WESTERN, "no encoding fits well: Windows-1252 is a guess"
    return best.encoding, f"{best.encoding} is the most likely encoding (a guess: check the words)"


def _is_plausibly_western(sample: bytes) -> bool:
    """Return whether hardly any word in Windows-1252 has a symbol between letters, or four accents in a row."""
    try:
        words = WORD.findall(sample.decode(WESTERN))
    except UnicodeDecodeError:
        return False
    implausible = sum(bool(SYMBOL_IN_WORD.search(word) or FOUR_ACCENTS.search(word)) for word in words)
    return implausible <= MAX_IMPLAUSIBLE_WORDS * len(words)
