"""The table of predictions: its columns, its intervals, and its form for spreadsheets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sakon.lazy import pd
from sakon.models.predictions import output_names
from sakon.problem import Schema
from sakon.records.missing_values import stands_for_missing
from sakon.records.targets import parse_new_target

ROW, ACTUAL, PREDICTION, LOW, HIGH = "row", "actual", "prediction", "low", "high"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for the beginning of a formula, also after a tabulator or carriage return."""


@dataclass(frozen=True)
class Calibration:
    """Prediction intervals, calibrated on validation.

    Attributes:
        half_widths: Half width by step, (steps,), in the unit of the target; infinite if the rows are too few.
        rows: Validation predictions behind them.
    """

    half_widths: np.ndarray
    rows: int

    @property
    def mean_half_width(self) -> float | None:
        """Mean half width; `None` if the intervals are unbounded."""
        return float(self.half_widths.mean()) if np.isfinite(self.half_widths).all() else None


def prediction_table(
    predictions: pd.DataFrame, calibration: Calibration | None, columns: pd.DataFrame, schema: Schema
) -> pd.DataFrame:
    """Return the predictions with their intervals, targets and the remaining columns of the raw data.

    Columns: `row` (from 0, in the order of the file), the columns of the file that are neither features nor target,
    `actual` (missing where there is no target), `prediction`, then one `probability_<class>` each, or `low` and
    `high`. A forecast has one row per future step, with its timestamp and without `row`.
    """
    if calibration is not None:
        half_widths = np.tile(calibration.half_widths, len(predictions) // len(calibration.half_widths))
        values = predictions[PREDICTION]
        predictions = predictions.assign(**{LOW: values - half_widths, HIGH: values + half_widths})
    if schema.task == "forecast":
        return predictions.assign(**{ACTUAL: np.nan})
    rows = pd.RangeIndex(len(predictions))
    target = columns.get(schema.target, pd.Series(dtype=object))
    target = target.mask(stands_for_missing(target, schema.missing_values.get(schema.target, ())))
    labels = parse_new_target(target, schema.target, schema.task, schema.classes)
    actual = labels.set_axis(columns.index.get_indexer(labels.index)).reindex(rows)
    predictions = pd.concat([_unify_type(actual).rename(ACTUAL), predictions.set_axis(rows)], axis=1)
    others = columns.drop(columns=[name for name in (*schema.features, schema.target) if name in columns])
    others = others.set_axis(output_names(others, {ROW, *predictions}), axis=1)
    others = others.apply(_unify_type).set_axis(rows)
    return pd.concat([pd.Series(rows, name=ROW), others, predictions], axis=1)


def _unify_type(column: pd.Series) -> pd.Series:
    """Return a column of one type: integers with missing values stay integers, mixed values become text."""
    typed = column.convert_dtypes()
    return typed.astype("string") if typed.dtype == object else typed


def escape_formulas(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts no spreadsheet runs as a formula: such texts and names get an apostrophe in front.

    Numbers, also in texts, stay as they are (OWASP, "CSV injection").

    Args:
        table: Any table.
    """
    escaped = table.copy(deep=False)
    for name in table.columns[~table.columns.duplicated()]:
        column = table[name]
        if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
            continue
        texts = column.astype("string")
        is_formula = texts.str.startswith(FORMULA_STARTS).fillna(value=False).astype(bool)
        is_formula &= pd.to_numeric(texts.where(is_formula), errors="coerce").isna()
        if is_formula.any():
            escaped[name] = column.astype(object).mask(is_formula, "'" + texts)
    names = [f"'{name}" if str(name).startswith(FORMULA_STARTS) else name for name in table.columns]
    return table if escaped.equals(table) and names == list(table.columns) else escaped.set_axis(names, axis=1)
