"""The signature of a registered model: its inputs and outputs, as MLflow shows and checks them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sakon.kinds import Request
from sakon.lazy import pd
from sakon.problem import ColumnType, InputSpec, Schema

if TYPE_CHECKING:
    from mlflow.models import ModelSignature
    from mlflow.types import DataType
    from mlflow.types.schema import AnyType


def build_signature(example: Request, records: pd.DataFrame, schema: Schema, input_spec: InputSpec) -> ModelSignature:
    """Return the signature of a version.

    Arrays have the type and shape of the raw ones. Columns are named and optional. The type of a column is declared if
    no table can hold it otherwise: MLflow refuses whole numbers and missing values of the type `object` for a double,
    and codes for a string. What the model reads each column as is in the metadata of the model (`columns`).

    Args:
        example: Raw records as a user sends them.
        records: The first records of train.
        schema: Columns of the records.
        input_spec: Outputs of the model.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, TensorSpec
    from mlflow.types import Schema as MlflowSchema

    if isinstance(example, np.ndarray):
        inputs = MlflowSchema([TensorSpec(example.dtype, (-1, *example.shape[1:]))])
    else:
        types = {str(name): _declared_type(schema.features.get(str(name)), records[name]) for name in example}
        inputs = MlflowSchema([ColSpec(declared, name, required=False) for name, declared in types.items()])
    if input_spec.task == "forecast":  # its first columns are series and timestamp, which are of any type
        return ModelSignature(inputs)
    if input_spec.task == "regression":
        return ModelSignature(inputs, MlflowSchema([ColSpec("double", "prediction")]))
    label_type = {bool: "boolean", int: "long", str: "string"}[type(input_spec.classes[0])]
    probabilities = [ColSpec("double", f"probability_{label}") for label in input_spec.classes]
    return ModelSignature(inputs, MlflowSchema([ColSpec(label_type, "prediction"), *probabilities]))


def _declared_type(column_type: ColumnType | None, values: pd.Series) -> DataType | AnyType:
    """Return the type of a column in every table: double with fractions and no missing values, string if free text."""
    from mlflow.types import DataType
    from mlflow.types.schema import AnyType

    if column_type == "text":
        return DataType.string
    if column_type == "number" and values.notna().all() and (values % 1 != 0).any():
        return DataType.double
    return AnyType()
