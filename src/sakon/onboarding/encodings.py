"""How the bytes of a text file become characters.

The rules, in order: a byte order mark decides (UTF-8 or UTF-16); bytes that are valid UTF-8 throughout are
UTF-8; where some lines are UTF-8 and others are not, the encoding of most of them is taken, and what does not
fit becomes the mark of an unreadable character; else the text is Windows-1252 if that gives plausible Western
words, and otherwise what charset-normalizer finds most likely.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from sakon.errors import DataError

BLOCK = 2**20
LONGEST_SAMPLE = 2**16
WESTERN = "cp1252"
WORD = re.compile(r"\S*[^\x00-\x7f]\S*")
FIELD = re.compile(rb"[^\s;,|\"\d]*[\x80-\xff][^\s;,|\"\d]*")
SIGN_WITHIN_WORD = re.compile(r"[^\W\d_][¡-¿×÷][^\W\d_]")
FOREIGN_SCRIPT = re.compile(r"[À-ÿŒœŠšŽžŸƒ]{4}")
MOST_STRANGE_WORDS = 0.05
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Encoding:
    """An encoding and how it was found.

    Attributes:
        name: As Python calls it.
        why: What was found.
        errors: `strict`, or `replace` where some bytes do not fit.
    """

    name: str
    why: str
    errors: str = "strict"


def find(path: Path) -> Encoding:
    """Find the encoding of a text file by reading all of it.

    Raises:
        DataError: If the file holds no text.
    """
    with path.open("rb") as file:
        start = file.read(BLOCK)
    for mark, name in MARKS:
        if start.startswith(mark):
            return Encoding(name, "the file begins with a byte order mark")
    if b"\x00" in start:
        raise DataError(
            f"{path}: expected text, found bytes that are none (the file is binary); save the table as CSV, or name "
            f"the file by its true format (.xlsx, .parquet, .npz)."
        )
    return _without_mark(path)


def _without_mark(path: Path) -> Encoding:
    utf8, other, first, sample, size = 0, 0, 0, [], 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.isascii():
                continue
            if _is_utf8(line):
                utf8 += 1
                continue
            other += 1
            first = first or number
            if size < LONGEST_SAMPLE:
                sample.append(line)
                size += len(line)
    if not other:
        return Encoding("utf-8", "all bytes are UTF-8" if utf8 else "plain ASCII")
    likely, why = _guess(b"".join(sample))
    if not utf8:
        return Encoding(likely, f"line {first} is no UTF-8; {why}", "strict" if _fits(path, likely) else "replace")
    name = "utf-8" if utf8 >= other else likely
    return Encoding(
        name,
        f"mixed: {utf8:,} lines are UTF-8, {other:,} are not (the first is line {first}) and look like {likely}; "
        f"characters that do not fit become �",
        "replace",
    )


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _fits(path: Path, encoding: str) -> bool:
    try:
        with path.open(encoding=encoding) as file:
            while file.read(BLOCK):
                pass
    except UnicodeDecodeError:
        return False
    return True


def _guess(sample: bytes) -> tuple[str, str]:
    if _plausibly_western(sample):
        return WESTERN, "Windows-1252 gives plausible words"
    import charset_normalizer

    words = dict.fromkeys(FIELD.findall(sample))  # as prose: numbers and repeated lines mislead it
    best = charset_normalizer.from_bytes(b" ".join(words)).best()
    if best is None:
        return WESTERN, "no encoding fits well: Windows-1252 is a guess"
    return best.encoding, f"{best.encoding} is the most likely encoding (a guess: look at the words)"


def _plausibly_western(sample: bytes) -> bool:
    """Say whether hardly a word read as Windows-1252 has a sign between letters, or four accents in a row."""
    try:
        words = WORD.findall(sample.decode(WESTERN))
    except UnicodeDecodeError:
        return False
    strange = sum(bool(SIGN_WITHIN_WORD.search(word) or FOREIGN_SCRIPT.search(word)) for word in words)
    return strange <= MOST_STRANGE_WORDS * len(words)
