"""Loads the table of a new problem, after it was found out how its columns are written."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from sakon.datasets.file_formats import EXCEL
from sakon.errors import DataError
from sakon.lazy import pd
from sakon.onboarding.column_formats import configure_columns
from sakon.onboarding.excel_layout import describe_layout
from sakon.onboarding.excel_sheets import count_uncalculated_formulas
from sakon.onboarding.raw_files import READ_AS_TEXT, RawFile
from sakon.records.raw_types import normalize_table
from sakon.wording import format_list, pluralise

TOTAL = re.compile(
    r"((grand |sub)?totals?|sum|summe|gesamt(summe)?|insgesamt|total général|totale|suma|ensemble|average|mean|"
    r"mittelwert|durchschnitt|moyenne|media):?",
    re.IGNORECASE,
)
"""Texts in front of a row of sums or means."""


def load_table(raw_file: RawFile, target: str | None = None) -> pd.DataFrame:
    """Load a table with plain types; column names lose surrounding blanks.

    Args:
        raw_file: The file; how its columns are read is completed.
        target: Column to predict, or `None`.

    Raises:
        DataError: If there are no rows, or a column holds lists or objects.
    """
    texts = raw_file.load_texts() if raw_file.type in READ_AS_TEXT else raw_file.load()
    if not isinstance(texts, pd.DataFrame):
        raise DataError(f"{raw_file.path}: expected a table, found {type(texts).__name__}.")
    if texts.empty:
        raise DataError(f"{raw_file.path}: expected rows, found none.")
    _check_values(raw_file, texts)
    raw_file.original_names = {str(column).strip(): str(column) for column in texts.columns}
    if raw_file.type == EXCEL:
        _check_formulas(raw_file, texts, target)
        raw_file.notes += describe_layout(raw_file.path, raw_file.load_args["sheet_name"].value)
    configure_columns(raw_file, texts, target)
    table: pd.DataFrame = raw_file.load()
    _note_types(raw_file, table)
    _note_total(raw_file, table)
    return normalize_table(table)


def _check_formulas(raw_file: RawFile, texts: pd.DataFrame, target: str | None) -> None:
    """Name the columns of a workbook with formulas that were never calculated; refuse them in the target."""
    if not texts.isna().to_numpy().any() and not (texts == "").to_numpy().any():
        return
    header = raw_file.load_args["header"].value if "header" in raw_file.load_args else 0
    counts = count_uncalculated_formulas(raw_file.path, raw_file.load_args["sheet_name"].value, header)
    if target in counts:
        raise DataError(
            f"{raw_file.path}: column '{target}': expected values, found {counts[target]:,} formulas that were never "
            f"calculated; open the file in Excel or LibreOffice and save it there."
        )
    raw_file.notes += [
        f"'{name}' has {count:,} formulas that were never calculated, which are missing values; open the file in Excel "
        f"or LibreOffice and save it there"
        for name, count in counts.items()
    ]


def _check_values(raw_file: RawFile, table: pd.DataFrame) -> None:
    errors = []
    for column in table.columns[[_may_be_nested(dtype) for dtype in table.dtypes]]:
        nested = table[column].map(_is_nested).astype(bool)
        if nested.any():
            value = table[column][nested].iloc[0]
            errors.append(
                f"{raw_file.path}: column '{column}': expected one value per row, found a {type(value).__name__} in "
                f"row {int(nested.to_numpy().argmax()) + 1} ({str(value)[:40]}); split it into columns, or remove it."
            )
    if errors:
        raise DataError(*errors)


def _may_be_nested(dtype: Any) -> bool:
    return isinstance(dtype, pd.ArrowDtype) or pd.api.types.is_object_dtype(dtype)


def _is_nested(value: object) -> bool:
    return isinstance(value, (list, dict, tuple, np.ndarray))


def _note_total(raw_file: RawFile, table: pd.DataFrame) -> None:
    """Note a last row that may sum up the others, as in spreadsheets: it would be a row like any other."""
    for name in (name for name in table if table[name].dtype.kind not in "biufmM"):
        column = table[name].astype("string").str.strip()
        label = str(column.iloc[-1])  # a missing value is no such text either
        if TOTAL.fullmatch(label) and (column == label).sum() == 1:
            raw_file.notes.append(
                f"the last row may sum up the others: '{str(name).strip()}' is '{label}'; if it does, remove it from "
                f"the file"
            )
            return


def _note_types(raw_file: RawFile, table: pd.DataFrame) -> None:
    """Note what is read in another way than it is stored."""
    durations = [str(name).strip() for name in table if table[name].dtype.kind == "m"]
    if durations:
        raw_file.notes.append(f"durations are read as numbers of seconds: {format_list(durations)}")
    names = [str(name) for name in table.index.names if name is not None]
    if names:
        raw_file.notes.append(f"the index is read as {pluralise('column', len(names))} {format_list(names)}")
