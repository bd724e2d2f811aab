"""From records to arrays."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from sakon import kinds
from sakon.lazy import pd
from sakon.problem import Examples, InputSpec, Problem, Schema


def split(records: pd.DataFrame, schema: Schema, problem: Problem) -> tuple[pd.DataFrame, ...]:
    """Part records into train, validation and test.

    Returns:
        Three tables; column `row` is the row's number in `records`.
    """
    return kinds.get(schema.kind).split(records, schema, problem)


def fit_preprocessor(train_records: pd.DataFrame, schema: Schema, problem: Problem) -> tuple[Any, InputSpec]:
    """Fit the preprocessor on train alone, and say what models will read.

    Args:
        train_records: Records of train; no other row is ever seen here.
        schema: What the records hold.
        problem: What is to be learnt.

    Returns:
        The fitted scikit-learn transformer, and the input specification.
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


def transform(records: pd.DataFrame, preprocessor: Any, input_spec: InputSpec, schema: Schema) -> Examples:
    """Turn the records of one part into arrays.

    Args:
        records: Records of train, validation or test.
        preprocessor: Fitted on train.
        input_spec: What models read.
        schema: What the records hold.

    Returns:
        Inputs, target (class index, or standardised value), and row numbers.
    """
    kind = kinds.get(schema.kind)
    return Examples(
        x=kind.transform(preprocessor, records, schema, input_spec),
        y=kind.targets(records, schema, input_spec),
        row=kind.row_numbers(records),
        tokens=kind.tokens(preprocessor, records, input_spec),
    )


def check_examples(part: Examples) -> None:
    """Refuse inputs or targets that are empty, NaN or infinite: networks can swallow them in silence.

    Raises:
        ValueError: Saying how many examples are at fault.
    """
    if len(part) == 0:
        raise ValueError("expected examples, found none")
    for name, values in (("inputs", part.x), ("targets", part.y)):
        finite = np.isfinite(values.reshape(len(part), -1)).all(axis=1)
        if not finite.all():
            raise ValueError(
                f"expected finite {name}, found NaN or infinity in {int((~finite).sum())} of {len(part)} examples, "
                f"the first being record {int(part.row[finite.argmin()])}"
            )


def _fingerprint(train_records: pd.DataFrame, schema: Schema, problem: Problem) -> str:
    """Digest what models learn from: the records, and the options that say how they are read."""
    digest = hashlib.sha256(f"{schema.model_dump_json()}{sorted(problem.options.items())!r}".encode())
    for column in train_records:
        values = train_records[column]
        if values.dtype == object and isinstance(values.iloc[0], np.ndarray):
            digest.update(np.stack(values.tolist()).tobytes())
        else:
            digest.update(pd.util.hash_pandas_object(values, index=False).to_numpy().tobytes())
    return digest.hexdigest()[:16]
