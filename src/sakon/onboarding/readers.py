"""Finds out how a file or folder of raw data is read: its format, and the arguments of the dataset that reads it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sakon.errors import DataError
from sakon.lazy import pd
from sakon.onboarding.delimited import SEPARATOR_NAMES, detect_format
from sakon.onboarding.raw_files import ARRAYS, IMAGE_FOLDER, Argument, RawFile

PACKED = (".gz", ".zip", ".bz2", ".xz", ".7z", ".tar", ".tgz", ".zst")
MIN_SIMILARITY = 0.8
CSV_QUOTE_NONE = 3


def find_raw_file(path: Path) -> RawFile:
    """Return how a file or folder is read.

    Raises:
        DataError: If there is none, or it cannot be read.
    """
    if not path.exists():
        names = sorted(each.name for each in path.parent.iterdir()) if path.parent.is_dir() else []
        raise DataError(f"{path}: expected a file or folder, found none{_did_you_mean_file(path.name, names)}")
    if path.is_dir():
        return RawFile(path, IMAGE_FOLDER)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        advice = "unpack it first" if path.suffix in PACKED else "save the data in one of these formats"
        raise DataError(
            f"{path}: expected a file with extension {', '.join(READERS)}, or a folder of images, found "
            f"'{path.suffix or path.name}'; {advice}."
        )
    try:
        if path.stat().st_size == 0:
            raise DataError(f"{path}: expected data, found an empty file.")
        return reader(path)
    except OSError as error:
        raise DataError(f"{path}: could not be read ({error.strerror or error}); check its permissions.") from error


def _did_you_mean_file(name: str, names: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, names, n=1, cutoff=MIN_SIMILARITY)
    return f"; did you mean '{close[0]}'?" if close else "; check the path."


def _read_delimited(path: Path) -> RawFile:
    text = detect_format(path)
    numbers = text.number_format
    args = {
        "sep": Argument(
            text.separator, f"{SEPARATOR_NAMES[text.separator]}: splits lines into {len(text.names)} fields"
        ),
        "encoding": Argument(text.encoding.name, text.encoding.reason),
    }
    if text.encoding.errors != "strict":
        args["encoding_errors"] = Argument(text.encoding.errors, "some bytes do not fit the encoding")
    if text.has_literal_quotes:
        reason = "quotation marks are literal characters: as quotes they would join lines"
        args["quoting"] = Argument(CSV_QUOTE_NONE, reason)
    if numbers.decimal != ".":
        args["decimal"] = Argument(numbers.decimal, f"numbers such as {numbers.example}")
    if numbers.thousands:
        args["thousands"] = Argument(numbers.thousands, "between groups of three digits")
    if not text.has_header:
        args["header"] = Argument(None, "line 1 looks like data, not like column names")
        args["names"] = Argument(list(text.names), "you may choose other names here")
    return RawFile(path, "pandas.CSVDataset", load_args=args, has_names=text.has_header)


def _read_excel(path: Path) -> RawFile:
    import zipfile

    try:
        with pd.ExcelFile(path, engine="openpyxl") as workbook:
            sheets = workbook.sheet_names
            header = workbook.parse(sheets[0], header=None, nrows=1)
    except (zipfile.BadZipFile, ValueError, KeyError) as error:
        raise DataError(
            f"{path}: expected an Excel workbook (.xlsx), found a file that could not be read ({error}); save it again."
        ) from error
    names = [str(name).strip() for name in header.iloc[0].dropna()] if len(header) else []
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise DataError(f"{path}: expected unique column names, found {repeated} more than once in row 1.")
    others = f"; the others are {', '.join(map(str, sheets[1:]))}" if len(sheets) > 1 else ""
    sheet = Argument(sheets[0], f"the first sheet{others}")
    return RawFile(path, "pandas.ExcelDataset", load_args={"sheet_name": sheet})


def _read_json(path: Path) -> RawFile:
    with path.open("rb") as file:
        start = file.read(4096).lstrip()
    if start.startswith(b"["):
        orient = Argument("records", "a list of objects, one per row")
        return RawFile(path, "pandas.JSONDataset", load_args={"orient": orient})
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    _check_object(path, number, line)
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: expected JSON in UTF-8, found another encoding ({error.reason}).") from error
    return RawFile(path, "pandas.JSONDataset", load_args={"lines": Argument(True, "one object per line")})


def _check_object(path: Path, number: int, line: str) -> None:
    def check_unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise DataError(f"{path}, line {number}: expected unique names, found {repeated} more than once.")
        return dict(pairs)

    try:
        value = json.loads(line, object_pairs_hook=check_unique)
    except json.JSONDecodeError as error:
        raise DataError(f"{path}, line {number}: expected one JSON object, found invalid JSON ({error}).") from error
    if not isinstance(value, dict):
        raise DataError(f"{path}, line {number}: expected one JSON object, found {type(value).__name__}.")


def _read_parquet(path: Path) -> RawFile:
    return RawFile(path, "pandas.ParquetDataset")


def _read_arrays(path: Path) -> RawFile:
    return RawFile(path, ARRAYS)


READERS: dict[str, Callable[[Path], RawFile]] = {
    **dict.fromkeys((".csv", ".tsv", ".tab", ".txt", ".data", ".dat"), _read_delimited),
    **dict.fromkeys((".parquet", ".pq"), _read_parquet),
    **dict.fromkeys((".xlsx", ".xlsm"), _read_excel),
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), _read_json),
    ".npz": _read_arrays,
}
