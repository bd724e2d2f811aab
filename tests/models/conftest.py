"""Bundles of small models."""

from __future__ import annotations

from pathlib import Path

import pytest
from fabricate import BY_NAME
from sklearn.linear_model import LogisticRegression

from sakon.models.bundle import ModelBundle
from sakon.pipelines.ingestion.nodes import make_records
from sakon.pipelines.preprocessing.nodes import fit_preprocessor, transform
from sakon.records.splitting import ROW


@pytest.fixture(scope="session")
def bundle() -> ModelBundle:
    """A bundle of a logistic regression on a table with all types of columns."""
    case = BY_NAME["tabular_classification"]
    records, schema, _ = make_records(case.raw, case.problem)
    records = records.assign(**{ROW: range(len(records))})
    preprocessor, input_spec = fit_preprocessor(records, schema, case.problem)
    train = transform(records, preprocessor, input_spec, schema)
    return ModelBundle(schema, input_spec, preprocessor, LogisticRegression().fit(train.x, train.y))


@pytest.fixture
def folder(bundle: ModelBundle, tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """The folder of the saved bundle and the checksums of its files."""
    return tmp_path / "bundle", bundle.save(tmp_path / "bundle")
