"""Output in encodings that lack some characters: they are replaced, so that no command ends with an error of output."""

from __future__ import annotations

import codecs
import sys
import unicodedata

REPLACE = "sakon.replace"
"""Name of the error handler of Python's encoders."""
REPLACEMENTS = {
    "–": "-", "—": "-", "−": "-", "…": "...", "→": "->", "►": ">", "×": "x", "·": "*", "±": "+-", "≤": "<=", "≥": ">=",
    "≈": "~", "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "•": "*", "✓": "ok", "✔": "ok", "✗": "x", "ß": "ss",
    "━": "-", "─": "-", "╸": "-", "╺": "-", "│": "|", "┃": "|",
}  # fmt: skip


def replace_missing_characters() -> None:
    """Let standard output and standard error replace the characters that their encoding lacks."""
    codecs.register_error(REPLACE, _replacement)
    for stream in (sys.stdout, sys.stderr):
        encoding = getattr(stream, "encoding", None) or ""
        if not encoding.lower().replace("-", "").startswith("utf") and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=REPLACE)


def _replacement(error: UnicodeError) -> tuple[str, int]:
    """Return what is printed in place of characters that cannot be encoded, in ASCII."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = error.object[error.start : error.end]
    return "".join(map(_in_ascii, characters)), error.end


def _in_ascii(character: str) -> str:
    if character in REPLACEMENTS:
        return REPLACEMENTS[character]
    if "\N{BOX DRAWINGS LIGHT HORIZONTAL}" <= character <= "\N{BOX DRAWINGS HEAVY LEFT AND LIGHT RIGHT}":
        return "+"
    letters = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return letters or "?"
