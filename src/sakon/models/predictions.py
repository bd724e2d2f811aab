"""Predictions and targets in the form that metrics read."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np

from sakon.errors import DataError
from sakon.lazy import TrainedModel, pd
from sakon.models.predict import predict_outputs, select_inputs
from sakon.problem import Examples, InputSpec
from sakon.wording import format_list, pluralise

OUTPUT_COLUMNS = ("row", "actual", "prediction", "low", "high")
"""Columns of predictions whose names no column of the user has there."""
RAW_PREFIX = "raw_"
MAX_NAMES = 5


def predict_examples(model: TrainedModel, examples: Examples, input_spec: InputSpec) -> np.ndarray:
    """Return probabilities (rows, classes), or predictions in the target's unit (rows,).

    A forecast has one row per example and step.
    """
    return to_predictions(predict_outputs(model, select_inputs(model, examples).x), input_spec)


def to_predictions(outputs: np.ndarray, input_spec: InputSpec) -> np.ndarray:
    """Convert outputs of a model (see `predict_outputs`) to predictions (see `predict_examples`)."""
    return outputs if input_spec.task == "classification" else input_spec.in_unit_of_target(outputs.reshape(-1))


def target_values(examples: Examples, input_spec: InputSpec) -> np.ndarray:
    """Return class indices, or the target in its unit, one value per row of `predict_examples`, (rows,)."""
    if input_spec.task == "classification":
        return examples.y
    return input_spec.in_unit_of_target(examples.y.astype(float).reshape(-1))


def mean_target(y: np.ndarray) -> np.ndarray:
    """Return one target per example, (rows,): for a forecast the mean over its steps."""
    return y if y.ndim == 1 else y.mean(axis=1)


def no_predictions() -> pd.DataFrame:
    """Return the table of predictions of a family that has none."""
    return pd.DataFrame({"split": [], "row": [], "actual": []})


def check_finite_inputs(x: np.ndarray, input_spec: InputSpec) -> None:
    """Refuse inputs that are NaN or infinite, such as numbers too large for float32.

    Args:
        x: Inputs or token numbers, (rows, ...).
        input_spec: Names of the inputs.

    Raises:
        DataError: Naming rows and inputs.
    """
    finite = np.isfinite(x).reshape(len(x), -1)
    if finite.all():
        return
    rows, columns = np.flatnonzero(~finite.all(axis=1)), np.flatnonzero(~finite.all(axis=0))
    names = input_spec.names if len(input_spec.names) == finite.shape[1] else ()
    inputs = [names[i] if names else f"input {i + 1}" for i in columns[:MAX_NAMES]]
    raise DataError(
        f"New records: expected numbers that a model can read (float32), found NaN or infinity in "
        f"{_list_names(inputs, len(columns))} of {_list_rows(rows)}; fix the values, or leave them empty."
    )


def check_finite_outputs(outputs: np.ndarray) -> None:
    """Refuse predictions that are NaN or infinite.

    Args:
        outputs: Outputs of a model, (rows, ...).

    Raises:
        DataError: Naming rows.
    """
    rows = np.flatnonzero(~np.isfinite(outputs).reshape(len(outputs), -1).all(axis=1))
    if len(rows):
        raise DataError(
            f"Predictions: expected finite numbers, found NaN or infinity for {_list_rows(rows)}; compare the "
            f"values of these rows with those in train: they are probably far larger."
        )


def output_names(columns: Iterable[object], reserved: Collection[str]) -> list[str]:
    """Return the names of users' columns in a table of predictions: those of the table's own columns get a prefix.

    Args:
        columns: Names of the users' columns.
        reserved: Names of the table's own columns.
    """
    texts = [str(column) for column in columns]
    names: list[str] = []
    for column in texts:
        name = column
        while name in reserved or (name != column and name in texts) or name in names:
            name = f"{RAW_PREFIX}{name}"
        names.append(name)
    return names


def _list_names(names: list[str], total: int) -> str:
    more = f" and {total - len(names)} more inputs" if total > len(names) else ""
    return f"{', '.join(repr(str(name)) for name in names)}{more}"


def _list_rows(rows: np.ndarray) -> str:
    return f"{pluralise('row', len(rows))} {format_list([str(row) for row in rows], MAX_NAMES)} (from 0)"
