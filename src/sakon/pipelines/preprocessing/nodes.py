"""Splits, preprocessor and arrays of records."""

from __future__ import annotations

import hashlib

import numpy as np

from sakon import kinds
from sakon.kinds import Preprocessor
from sakon.lazy import pd
from sakon.problem import Examples, InputSpec, Problem, Schema


def split(records: pd.DataFrame, schema: Schema, problem: Problem) -> tuple[pd.DataFrame, ...]:
    """Split records into train, validation and test.

    Returns:
        Three tables; column `ROW` is the number of the row in `records`.
    """
    return kinds.get(schema.kind).split(records, schema, problem)


def fit_preprocessor(train_records: pd.DataFrame, schema: Schema, problem: Problem) -> tuple[Preprocessor, InputSpec]:
    """Fit the preprocessor on train, and describe the inputs and outputs of models.

    Args:
        train_records: Records of train.
        schema: Columns of the records.
        problem: Configuration of the problem.

    Returns:
        The fitted preprocessor and the input specification.
    """
    kind = kinds.get(schema.kind)
    preprocessor = kind.fit_preprocessor(train_records, schema, problem)
    mean, scale = 0.0, 1.0
    if schema.task != "classification":
        target = train_records[schema.target].to_numpy(dtype=float)
        mean, scale = float(target.mean()), float(target.std()) or 1.0
    return preprocessor, InputSpec.from_layout(
        kind.input_layout(preprocessor, train_records, schema, problem),
        schema,
        target_mean=mean,
        target_scale=scale,
        fingerprint=_fingerprint(train_records, schema, problem),
    )


def transform(records: pd.DataFrame, preprocessor: Preprocessor, input_spec: InputSpec, schema: Schema) -> Examples:
    """Turn the records of one split into arrays.

    Args:
        records: Records of train, validation or test.
        preprocessor: Fitted on train.
        input_spec: Inputs and outputs of models.
        schema: Columns of the records.

    Returns:
        Inputs, targets (class index, or standardised value), row numbers and tokens.
    """
    kind = kinds.get(schema.kind)
    return Examples(
        x=kind.transform(preprocessor, records, schema, input_spec),
        y=kind.targets(records, schema, input_spec),
        row=kind.row_numbers(records),
        tokens=kind.tokens(preprocessor, records, input_spec),
    )


def check_examples(examples: Examples) -> None:
    """Refuse inputs or targets that are empty, NaN or infinite: training on them would fail late or not at all.

    Raises:
        ValueError: With the number of examples concerned.
    """
    if len(examples) == 0:
        raise ValueError("expected examples, found none")
    for name, values in (("inputs", examples.x), ("targets", examples.y)):
        finite = np.isfinite(values.reshape(len(examples), -1)).all(axis=1)
        if not finite.all():
            raise ValueError(
                f"expected finite {name}, found NaN or infinity in {int((~finite).sum())} of {len(examples)} examples, "
                f"the first being record {int(examples.row[finite.argmin()])}"
            )


def _fingerprint(train_records: pd.DataFrame, schema: Schema, problem: Problem) -> str:
    """Return a digest of the train records and of the options that they were made with."""
    digest = hashlib.sha256(f"{schema.model_dump_json()}{sorted(problem.options.items())!r}".encode())
    for column in train_records:
        values = train_records[column]
        if values.dtype == object and isinstance(values.iloc[0], np.ndarray):
            digest.update(np.stack(values.tolist()).tobytes())
        else:
            digest.update(pd.util.hash_pandas_object(values, index=False).to_numpy().tobytes())
    return digest.hexdigest()[:16]
