"""What the layout of an Excel sheet hides from a reader of its cells: hidden rows and columns, and merged cells."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from sakon.wording import pluralise

TAG = re.compile(rb"<(?:\w+:)?(row|col|mergeCell)\s([^>]*)>")
ATTRIBUTE = re.compile(rb'(\w+)="([^"]*)"')
CHUNK_BYTES = 2**20
ROWS_OF_RANGE = re.compile(r"[A-Z]+(\d+):[A-Z]+(\d+)")
MAX_COLUMN = 16_384


def describe_layout(path: Path, sheet: str) -> list[str]:
    """Return what a user should know of hidden and merged cells of a sheet, one sentence without full stop each.

    Args:
        path: The workbook.
        sheet: Name of the sheet.
    """
    rows, columns, merged = 0, 0, 0
    for tag, attributes in _elements(path, sheet):
        is_hidden = attributes.get("hidden") in ("1", "true")
        if tag == "row":
            rows += is_hidden
        elif tag == "col" and is_hidden and int(attributes["max"]) < MAX_COLUMN:  # else all columns to the right
            columns += int(attributes["max"]) - int(attributes["min"]) + 1
        elif tag == "mergeCell":
            match = ROWS_OF_RANGE.fullmatch(attributes.get("ref", ""))
            merged += match is not None and match[1] != match[2]
    counts = (("row", rows), ("column", columns))
    hidden = [f"{count:,} hidden {pluralise(noun, count)}" for noun, count in counts if count]
    verb = "is" if rows + columns == 1 else "are"
    sentences = [f"{' and '.join(hidden)} of sheet '{sheet}' {verb} read like all others"] if hidden else []
    if merged:
        ranges = "1 merged range of cells has" if merged == 1 else f"{merged:,} merged ranges of cells have"
        sentences.append(f"{ranges} a value in the first row alone; in their other rows it is missing")
    return sentences


def _elements(path: Path, sheet: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield rows, columns and merged ranges of a sheet, without its cells, as tag and attributes."""
    from openpyxl import load_workbook

    workbook = load_workbook(path, read_only=True)
    try:
        part = getattr(workbook[sheet], "_worksheet_path", None)  # openpyxl tells hidden rows only with all cells
    finally:
        workbook.close()
    if part is None:
        return
    with zipfile.ZipFile(path) as archive, archive.open(part) as file:
        rest = b""
        while chunk := file.read(CHUNK_BYTES):
            whole, _, rest = (rest + chunk).rpartition(b">")
            for match in TAG.finditer(whole + b">"):
                yield match[1].decode(), {name.decode(): text.decode() for name, text in ATTRIBUTE.findall(match[2])}
