"""Finds out how a file or folder of raw data is read: its format, and the arguments of the dataset that reads it."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sakon.datasets.file_formats import BLANKS, CSV, EXCEL, FORMATS, JSON, PARQUET, SEPARATOR_NAMES, separator_name
from sakon.errors import DataError
from sakon.onboarding.delimited import detect_format
from sakon.onboarding.excel_sheets import detect_sheet
from sakon.onboarding.raw_files import ARRAYS, IMAGE_FOLDER, Argument, RawFile
from sakon.wording import pluralise

PACKED = (".gz", ".zip", ".bz2", ".xz", ".7z", ".tar", ".tgz", ".zst")
MIN_SIMILARITY = 0.8
JSON_TYPES = {
    "dtype": Argument(False, "the file says which values are text"),
    "convert_dates": Argument(False, "not every number in a column named date is a date"),
}


def find_raw_file(path: Path, target: str | None = None) -> RawFile:
    """Return how a file or folder is read.

    Args:
        path: The file or folder.
        target: Column to predict, or `None`: where several readings are possible, it is in the right one.

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
        return reader(path, target.strip() if target is not None else None)
    except OSError as error:
        raise DataError(f"{path}: could not be read ({error.strerror or error}); check its permissions.") from error


def _did_you_mean_file(name: str, names: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, names, n=1, cutoff=MIN_SIMILARITY)
    return f"; did you mean '{close[0]}'?" if close else "; check the path."


def _read_delimited(path: Path, target: str | None) -> RawFile:
    text = detect_format(path, target)
    separator = separator_name(text.separator) if text.separator in (*SEPARATOR_NAMES, BLANKS) else "in the first line"
    verb = "split" if text.separator == BLANKS else "splits"
    args = {
        "sep": Argument(text.separator, f"{separator}: {verb} lines into {len(text.names)} fields"),
        "encoding": Argument(text.encoding.name, text.encoding.reason),
    }
    if text.encoding.errors != "strict":
        args["encoding_errors"] = Argument(text.encoding.errors, "some bytes do not fit the encoding")
    args |= {name: Argument(value, text.quoting.reason) for name, value in text.quoting.arguments.items()}
    if text.has_blanks and "skipinitialspace" not in args:
        args["skipinitialspace"] = Argument(True, "a blank follows every separator")
    if text.rows_above:
        args["skiprows"] = Argument(text.rows_above, "rows above the column names")
    if not text.has_header:
        args["header"] = Argument(None, "line 1 looks like data, not like column names")
        args["names"] = Argument(list(text.names), "you may choose other names here")
    if text.has_row_names:
        args["index_col"] = Argument(0, "every line begins with a row name, which has no column name and is not used")
    table_args: dict[str, Argument | dict[str, Argument]] = {}
    if text.extra_separators:
        count = text.extra_separators
        reason = f"separators that no column follows, at the end of {count:,} {pluralise('line', count)}"
        table_args["extra_separators"] = Argument(True, reason)
    if text.repeated_names:
        count = text.repeated_names
        table_args["repeated_names"] = Argument(True, f"the column names again in {count:,} {pluralise('line', count)}")
    return RawFile(path, CSV, load_args=args, table_arguments=table_args, has_names=text.has_header)


def _read_excel(path: Path, target: str | None) -> RawFile:
    sheet = detect_sheet(path, target)
    args = {"sheet_name": Argument(sheet.name, sheet.reason)}
    if sheet.rows_above:
        args["header"] = Argument(sheet.rows_above, f"row {sheet.rows_above + 1} holds the column names")
    return RawFile(path, EXCEL, load_args=args)


def _read_json(path: Path, _: str | None) -> RawFile:
    with path.open("rb") as file:
        start = file.read(4096)
    types = dict(JSON_TYPES)
    if start.startswith(BOM_UTF8):
        types["encoding"] = Argument("utf-8-sig", "the file begins with a byte order mark")
    if start.removeprefix(BOM_UTF8).lstrip().startswith(b"["):
        orient = Argument("records", "a list of objects, one per row")
        return RawFile(path, JSON, load_args={"orient": orient, **types})
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    _check_object(path, number, line)
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: expected JSON in UTF-8, found another encoding ({error.reason}).") from error
    lines = Argument(True, "one object per line")
    return RawFile(path, JSON, load_args={"lines": lines, **types})


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


def _read_parquet(path: Path, _: str | None) -> RawFile:
    return RawFile(path, PARQUET)


def _read_arrays(path: Path, _: str | None) -> RawFile:
    return RawFile(path, ARRAYS)


Reader = Callable[[Path, str | None], RawFile]
READER_OF_DATASET: dict[str, Reader] = {
    CSV: _read_delimited,
    PARQUET: _read_parquet,
    EXCEL: _read_excel,
    JSON: _read_json,
}
READERS: dict[str, Reader] = {
    **{suffix: READER_OF_DATASET[dataset] for suffix, (dataset, _) in FORMATS.items()},
    ".npz": _read_arrays,
}
