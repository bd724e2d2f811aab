"""Plain types for a raw table, whatever library or file format typed it.

Parquet, databases and nullable pandas have types that a CSV file has not: Arrow-backed and nullable numbers, decimals,
durations, dates without a time, categories with unused levels, an index that is a column. A raw table is normalised
once, right after it was loaded, so that setup, ingestion and scoring see the same few types: NumPy numbers and
booleans, texts, timestamps, and objects where values are missing among booleans. What is plain already is not changed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sakon.lazy import pd


def normalize_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with plain types, column names as stripped texts, and a fresh index.

    A named index, or one of timestamps, becomes a column; any other index is dropped.
    """
    plain = _index_as_columns(table)
    names = [normalize_name(name) for name in plain.columns]
    plain = plain.set_axis(range(len(names)), axis=1)  # names may repeat, which is reported elsewhere
    for position in range(len(names)):
        column = plain[position]
        normal = normalize_column(column)
        if normal is not column:
            plain[position] = normal
    return plain.set_axis(names, axis=1)


def normalize_name(name: object) -> str:
    """Return the name of a column as text without surrounding blanks and NUL characters, which NumPy cuts off."""
    return str(name).strip().strip("\x00").strip()


def normalize_column(column: pd.Series) -> pd.Series:
    """Return a column with a plain type; the column itself if it has one.

    - Arrow-backed and nullable values have the NumPy type; integers with missing values become float64, booleans with
      missing values objects.
    - Decimals become float64, durations float64 seconds, dates and periods timestamps.
    - Categories become their values, intervals and times of the day texts, bytes the texts that they encode in UTF-8.
    - Texts without any character but blanks become missing values, as an empty field of a text file is one.
    """
    plain = _without_extension(column)
    if plain.dtype.kind == "m":
        seconds: pd.Series = plain.dt.total_seconds().astype("float64")
        return seconds
    if isinstance(plain.dtype, pd.StringDtype):
        is_blank = plain.str.strip() == ""
        return plain.mask(is_blank) if is_blank.any() else plain
    if plain.dtype == object:
        return OBJECTS.get(pd.api.types.infer_dtype(plain, skipna=True), _without_blanks)(plain)
    return plain


def _without_extension(column: pd.Series) -> pd.Series:
    """Return a column without a type that only pandas or Arrow has."""
    dtype = column.dtype
    if isinstance(dtype, pd.ArrowDtype):
        return _from_arrow(column)
    if isinstance(dtype, pd.CategoricalDtype):
        values = pd.Series(column.cat.categories).reindex(column.cat.codes.to_numpy())  # the code -1 is no category
        return normalize_column(pd.Series(values.array, column.index, name=column.name))
    if isinstance(dtype, pd.StringDtype):
        return column.astype("str") if dtype.na_value is pd.NA else column
    if isinstance(dtype, pd.PeriodDtype):
        starts: pd.Series = column.dt.to_timestamp()
        return starts
    if isinstance(dtype, pd.IntervalDtype):
        return _to_texts(column)
    if isinstance(dtype, pd.SparseDtype):
        return pd.Series(np.asarray(column), column.index, name=column.name)
    if isinstance(dtype, pd.BooleanDtype) and column.isna().any():
        return column.astype(object).where(column.notna(), None)
    if pd.api.types.is_extension_array_dtype(dtype) and hasattr(dtype, "numpy_dtype"):
        return column.astype("float64" if column.isna().any() else dtype.numpy_dtype)
    return column


def _from_arrow(column: pd.Series) -> pd.Series:
    import pyarrow as pa

    values = pa.chunked_array(column.array.__arrow_array__()).to_pandas()
    plain = pd.Series(values.array, column.index, name=column.name)
    return plain if isinstance(plain.dtype, pd.ArrowDtype) else _without_extension(plain)


def _decode(column: pd.Series) -> pd.Series:
    """Return bytes as texts; they stay bytes if one of them is not valid UTF-8."""
    try:
        return column.map(bytes.decode, na_action="ignore").astype("str")
    except UnicodeDecodeError:
        return column


def _without_blanks(column: pd.Series) -> pd.Series:
    is_blank = column.map(lambda value: isinstance(value, str) and not value.strip()).astype(bool)
    return column.mask(is_blank, None) if is_blank.any() else column


def _to_texts(column: pd.Series) -> pd.Series:
    return column.map(str, na_action="ignore").astype("str")


OBJECTS: dict[str, Callable[[pd.Series], pd.Series]] = {
    "bytes": _decode,
    "date": lambda column: pd.to_datetime(column),  # pandas is not imported yet
    "decimal": lambda column: column.astype("float64"),
    "time": _to_texts,
    "timedelta": lambda column: pd.to_timedelta(column).dt.total_seconds().astype("float64"),
}
"""How objects become plain, by what `pandas.api.types.infer_dtype` finds in a column."""


def _index_as_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with a fresh index; levels of the index that hold data are columns in front of the others."""
    index = table.index
    has_times = isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex))
    names = {normalize_name(name) for name in table.columns}
    levels: dict[str, pd.Series] = {}
    for number, name in enumerate(index.names):
        values = index.get_level_values(number)
        if name in table and values.equals(pd.Index(table[name])):
            continue  # the index repeats a column
        if name is not None or has_times:
            unique = "index" if name is None else normalize_name(name)
            while unique in names:
                unique = f"{unique}_index"
            levels[unique] = pd.Series(values)
    columns = table.reset_index(drop=True)
    return pd.concat([pd.DataFrame(levels), columns], axis=1) if levels else columns
