"""Where the raw data are and how the catalog reads them.

What is inferred later is inferred from what the catalog's own dataset loads, so that a run sees the same table.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sakon.errors import DataError
from sakon.lazy import pd
from sakon.onboarding import delimited

IMAGE_FOLDER = "sakon.datasets.ImageFolderDataset"
JOINED = "sakon.datasets.TimestampDataset"
ARRAYS = "sakon.datasets.ArraysDataset"
PACKED = (".gz", ".zip", ".bz2", ".xz", ".7z", ".tar", ".tgz", ".zst")
SHOWN_NAMES = 8
NEAR = 0.8


@dataclass
class Source:
    """A file or folder, and the catalog entry that reads it.

    Attributes:
        path: The file or folder, absolute.
        type: The Kedro dataset.
        arguments: Arguments of the dataset besides the path, with the reason of each.
        load_args: Arguments of the library that reads, with the reason of each.
        notes: What else is worth saying.
        named: Whether the file names its columns.
        names: Names of the columns as the file has them, where they differ by blanks around: clean → own.
        joined: Columns of date and hour, and the column of moments made of them; or nothing.
    """

    path: Path
    type: str
    arguments: dict[str, tuple[Any, str]] = field(default_factory=dict)
    load_args: dict[str, tuple[Any, str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    named: bool = True
    names: dict[str, str] = field(default_factory=dict)
    joined: tuple[str, str, str] | None = None

    def configuration(self, path: str) -> dict[str, Any]:
        """Return the catalog's configuration of the dataset, the data lying at `path`."""
        whole: dict[str, Any] = {"type": self.type, "filepath": path}
        whole |= {name: value for name, (value, _) in self.arguments.items()}
        if self.load_args:
            whole["load_args"] = {name: value for name, (value, _) in self.load_args.items()}
        if self.joined is None:
            return whole
        joined = dict(zip(("date", "hour", "timestamp"), self.joined, strict=True))
        return {"type": JOINED, **joined, "dataset": whole}

    def load(self) -> Any:
        """Read the data by the dataset itself.

        Raises:
            DataError: If they cannot be read.
        """
        from kedro.io import AbstractDataset, DatasetError

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", pd.errors.DtypeWarning)  # columns of mixed types are looked at anyway
                return AbstractDataset.from_config("raw", self.configuration(self.path.as_posix())).load()
        except DatasetError as error:
            cause: BaseException = error
            while cause.__cause__ is not None:
                cause = cause.__cause__
            if isinstance(cause, DatasetError) and str(cause).startswith(str(self.path)):
                raise DataError(*str(cause).splitlines()) from error  # a dataset of our own: whole sentences
            raise DataError(
                f"{self.path}: cannot be read whole ({' '.join(str(cause).split())}); is it complete, and of the "
                f"format that its name says?"
            ) from error


def find(path: Path) -> Source:
    """Find out how a file or folder is to be read.

    Raises:
        DataError: If there is nothing there, or nothing that can be read.
    """
    if not path.exists():
        beside = sorted(each.name for each in path.parent.iterdir()) if path.parent.is_dir() else []
        raise DataError(f"{path}: expected a file or folder, found nothing there{_nearest(path.name, beside)}")
    if path.is_dir():
        return Source(path, IMAGE_FOLDER)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(
            f"{path}: expected a file ending in {', '.join(READERS)}, or a folder of images, found "
            f"'{path.suffix or path.name}'; {'unpack it first' if path.suffix in PACKED else 'save the data so'}."
        )
    try:
        if path.stat().st_size == 0:
            raise DataError(f"{path}: expected data, found an empty file.")
        return reader(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}); mind its permissions.") from error


def load_table(source: Source) -> pd.DataFrame:
    """Load a table, names of columns without blanks around, and refuse one that is none.

    Marks of missing numbers, such as `?`, are found in the whole table, declared, and the table is read again.

    Raises:
        DataError: If it has no rows, or a column of lists.
    """
    table = source.load()
    if not isinstance(table, pd.DataFrame):
        raise DataError(f"{source.path}: expected a table, found {type(table).__name__}.")
    if table.empty:
        raise DataError(f"{source.path}: expected rows, found none.")
    _check_values(source.path, table)
    if source.type in MARKS_MISSING and (marks := _missing_marks(table)):
        columns = ", ".join(sorted({name for names in marks.values() for name in names})[:SHOWN_NAMES])
        source.load_args["na_values"] = (list(marks), f"stands for a missing number in {columns}")
        table = source.load()
    source.names = {str(column).strip(): str(column) for column in table.columns}
    table.columns = [str(column).strip() for column in table.columns]
    clean: pd.DataFrame = table.reset_index(drop=True)
    return clean


def _check_values(path: Path, table: pd.DataFrame) -> None:
    faults = []
    for column in table.select_dtypes("object"):
        nested = table[column].map(lambda value: isinstance(value, (list, dict, tuple)) or hasattr(value, "shape"))
        if nested.any():
            value = table[column][nested].iloc[0]
            faults.append(
                f"{path}: column '{column}': expected one value in every row, found a {type(value).__name__} in row "
                f"{int(nested.to_numpy().argmax()) + 1} ({str(value)[:40]}); spread it over columns of its own, or "
                f"remove it."
            )
    if faults:
        raise DataError(*faults)


MARKS_MISSING = ("pandas.CSVDataset", "pandas.ExcelDataset")
FEWEST_NUMBERS = 0.7
MOST_MARKS = 3
IN_WORDS = {"n.a.", "n/k", "missing", "unknown", "not available", "none", "nil", "na.", "no data", "undefined"}


def _missing_marks(table: pd.DataFrame) -> dict[str, list[str]]:
    """Return what stands among numbers for a missing one, and in which columns.

    A mark is a sign without letter or digit, or one of a few words, in a column of which at least 70% are numbers
    and which holds at most three different such marks and nothing else.
    """
    found: dict[str, list[str]] = {}
    for column in table.select_dtypes(["object", "string"]):
        text = table[column].dropna().astype(str)
        numbers = pd.to_numeric(text, errors="coerce")
        marks = text[numbers.isna()].unique()
        if not 0 < len(marks) <= MOST_MARKS or numbers.notna().mean() < FEWEST_NUMBERS:
            continue
        if all(not any(map(str.isalnum, mark)) or mark.strip().lower() in IN_WORDS for mark in marks):
            for mark in marks:
                found.setdefault(str(mark), []).append(str(column).strip())
    return found


def _nearest(name: str, names: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, names, n=1, cutoff=NEAR)
    return f"; did you mean '{close[0]}'?" if close else "; mind the path."


def _delimited(path: Path) -> Source:
    layout = delimited.find(path)
    source = Source(path, "pandas.CSVDataset", named=layout.header)
    give = source.load_args
    give["sep"] = (
        layout.separator,
        f"{delimited.CALLED[layout.separator]}: parts lines into {len(layout.names)} fields",
    )
    give["encoding"] = (layout.encoding.name, layout.encoding.why)
    if layout.encoding.errors != "strict":
        give["encoding_errors"] = (layout.encoding.errors, "some bytes do not fit the encoding")
    if layout.literal_quotes:
        give["quoting"] = (3, "quotation marks are characters like any other: as quotes they would swallow lines")
    if layout.decimal != ".":
        give["decimal"] = (layout.decimal, f"numbers such as {layout.example}")
    if layout.thousands:
        give["thousands"] = (layout.thousands, "parts groups of three digits")
    if not layout.header:
        give["header"] = (None, "line 1 looks like data, not like names")
        give["names"] = (list(layout.names), "names of your own may stand here")
    return source


def _excel(path: Path) -> Source:
    import zipfile

    source = Source(path, "pandas.ExcelDataset")
    try:
        with pd.ExcelFile(path, engine="openpyxl") as book:
            sheets = book.sheet_names
            first = book.parse(sheets[0], header=None, nrows=1)
    except (zipfile.BadZipFile, ValueError, KeyError) as error:
        raise DataError(f"{path}: expected a whole Excel workbook (.xlsx), found otherwise ({error}).") from error
    names = [str(name).strip() for name in first.iloc[0].dropna()] if len(first) else []
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise DataError(f"{path}: expected every column name once, found {doubled} more than once in row 1.")
    others = f"; others are {', '.join(map(str, sheets[1:]))}" if len(sheets) > 1 else ""
    source.load_args["sheet_name"] = (sheets[0], f"the first sheet{others}")
    return source


def _json(path: Path) -> Source:
    source = Source(path, "pandas.JSONDataset")
    with path.open("rb") as file:
        start = file.read(4096).lstrip()
    if start.startswith(b"["):
        source.load_args["orient"] = ("records", "a list of objects, one per row")
        return source
    source.load_args["lines"] = (True, "one object per line")
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    _check_object(path, number, line)
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: expected JSON in UTF-8, found other bytes ({error.reason}).") from error
    return source


def _check_object(path: Path, number: int, line: str) -> None:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        if doubled := sorted({name for name in names if names.count(name) > 1}):
            raise DataError(f"{path}, line {number}: expected every name once, found {doubled} more than once.")
        return dict(pairs)

    try:
        value = json.loads(line, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        raise DataError(f"{path}, line {number}: expected one JSON object, found otherwise ({error}).") from error
    if not isinstance(value, dict):
        raise DataError(f"{path}, line {number}: expected one JSON object, found {type(value).__name__}.")


def _parquet(path: Path) -> Source:
    return Source(path, "pandas.ParquetDataset")


def _arrays(path: Path) -> Source:
    return Source(path, ARRAYS)


READERS: dict[str, Callable[[Path], Source]] = {
    **dict.fromkeys((".csv", ".tsv", ".tab", ".txt", ".data", ".dat"), _delimited),
    **dict.fromkeys((".parquet", ".pq"), _parquet),
    **dict.fromkeys((".xlsx", ".xlsm"), _excel),
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), _json),
    ".npz": _arrays,
}
