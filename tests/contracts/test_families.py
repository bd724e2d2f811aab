"""Every family on every kind and task: what all of them promise. Families are discovered, never named."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from conftest import ROOT
from fabricate import CASES, FABRICATORS, Fabricated
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from sakon import families, kinds
from sakon.datasets import CheckpointsDataset, ModelDataset, TrainingEventsDataset
from sakon.models.predict import predict_outputs, select_inputs
from sakon.pipelines.ingestion.nodes import make_records
from sakon.pipelines.preprocessing.nodes import fit_preprocessor, split, transform

Trained = dict[str, Any]


class KeptDataset(MemoryDataset):
    """Stays in memory after the last node has read it."""

    def _release(self) -> None:
        """Keep the data."""


def shrunk_config(family: str) -> Any:
    settings = yaml.safe_load((ROOT / "conf" / "base" / f"parameters_{family}.yml").read_text())[family]
    smaller = yaml.safe_load((ROOT / "conf" / "test" / "parameters.yml").read_text()).get(family, {})
    return import_module(f"sakon.pipelines.{family}.config").Config(**(settings | smaller))


def train(family: str, case: Fabricated, folder: Path) -> Trained:
    problem = case.problem
    records, schema, _ = make_records(case.raw, problem)
    train_records, validation_records, _ = split(records, schema, problem)
    preprocessor, input_spec = fit_preprocessor(train_records, schema, problem)
    given = {
        "train": transform(train_records, preprocessor, input_spec, schema),
        "validation": transform(validation_records, preprocessor, input_spec, schema),
        "input_spec": input_spec,
        "params:problem": problem,
        f"params:{family}": shrunk_config(family),
    }
    pipeline = import_module(f"sakon.pipelines.{family}").create_pipeline()
    catalog = DataCatalog(
        {name: MemoryDataset(value, copy_mode="assign") for name, value in given.items()}
        | {name: KeptDataset(copy_mode="assign") for name in pipeline.all_outputs()}
        | {f"{family}.checkpoints": CheckpointsDataset(filepath=str(folder / "checkpoints"))}
        | {f"{family}.events": TrainingEventsDataset(family=family)}
    )
    SequentialRunner().run(pipeline, catalog)
    made = {name: catalog.load(f"{family}.{name}") for name in ("model", "history", "training")}
    return given | made


def inputs_of(trained: Trained) -> np.ndarray:
    return select_inputs(trained["model"], trained["validation"]).x


@pytest.fixture(scope="module", params=families.names())
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Fabricated:
    found: Fabricated = request.param
    return found


@pytest.fixture(scope="module")
def trained(family: str, case: Fabricated, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return train(family, case, tmp_path_factory.mktemp("first"))


def test_every_kind_is_tried() -> None:
    assert set(FABRICATORS) == set(kinds.names())


def test_training_lowers_the_loss(trained: Trained) -> None:
    history = trained["history"]
    if "epoch" in history:
        assert history["loss"].iloc[-1] < history["loss"].iloc[0]
        assert list(history["epoch"]) == list(range(1, len(history) + 1))
    else:
        measure = "log_loss" if "log_loss" in history else "rmse"
        assert history[measure].min() < history.set_index("candidate").loc["naive", measure]


def test_summary_says_what_the_leaderboard_needs(family: str, trained: Trained) -> None:
    summary = trained["training"]
    assert summary.family == family
    assert summary.parameters > 0
    assert summary.train_seconds > 0
    assert summary.fingerprint == trained["input_spec"].fingerprint


def test_answers_have_the_shape_of_the_target(trained: Trained) -> None:
    x, spec = inputs_of(trained), trained["input_spec"]
    answers = predict_outputs(trained["model"], x)
    assert answers.shape == (len(x), spec.outputs)
    assert np.isfinite(answers).all()
    if spec.task == "classification":
        np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)


def test_saved_and_loaded_it_answers_the_same(trained: Trained, tmp_path: Path) -> None:
    model, x = trained["model"], inputs_of(trained)
    dataset = ModelDataset(filepath=str(tmp_path / "model"))
    dataset.save(model)
    np.testing.assert_allclose(predict_outputs(dataset.load(), x), predict_outputs(model, x), atol=1e-6)


def test_same_seed_same_answers(family: str, case: Fabricated, trained: Trained, tmp_path: Path) -> None:
    again = train(family, case, tmp_path)
    x = inputs_of(trained)
    np.testing.assert_array_equal(predict_outputs(again["model"], x), predict_outputs(trained["model"], x))
    if hasattr(again["model"], "get_weights"):
        for ours, theirs in zip(again["model"].get_weights(), trained["model"].get_weights(), strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_config_survives_a_round_trip(family: str) -> None:
    config = shrunk_config(family)
    assert type(config).model_validate_json(config.model_dump_json()) == config


def test_parameter_file_says_every_setting(family: str) -> None:
    settings = yaml.safe_load((ROOT / "conf" / "base" / f"parameters_{family}.yml").read_text())
    assert set(settings) == {family}
    config = families.get(family).config
    assert set(settings[family]) == set(config.model_fields)
    assert config(**settings[family]) == config()
