"""Every family on every kind and task: what all of them promise. Families are discovered, never named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from conftest import ROOT, Trained, TrainedProject
from coverage_pauses import without_coverage
from fabricate import FABRICATORS
from family_training import small_config, train_again, train_in_memory

from sakon import families, kinds
from sakon.models.predict import predict_outputs, select_inputs


def inputs_of(trained: Trained) -> np.ndarray:
    return select_inputs(trained.model, trained.validation).x


@pytest.fixture(params=families.names())
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_kind_has_data() -> None:
    assert set(FABRICATORS) == set(kinds.names())


def test_training_lowers_the_loss(trained: Trained) -> None:
    history = trained.history
    if "epoch" in history:
        assert history["loss"].iloc[-1] < history["loss"].iloc[0]
        assert list(history["epoch"]) == list(range(1, len(history) + 1))
    else:
        measure = "log_loss" if "log_loss" in history else "rmse"
        assert history[measure].min() < history.set_index("candidate").loc["naive", measure]


def test_summary_has_what_the_leaderboard_needs(family: str, trained: Trained) -> None:
    summary = trained.summary
    assert summary.family == family
    assert summary.parameters > 0
    assert summary.train_seconds > 0
    assert summary.fingerprint == trained.input_spec.fingerprint


def test_predictions_have_the_shape_of_the_target(trained: Trained) -> None:
    x, spec = inputs_of(trained), trained.input_spec
    predictions = predict_outputs(trained.model, x)
    assert predictions.shape == (len(x), spec.outputs)
    assert np.isfinite(predictions).all()
    if spec.task == "classification":
        np.testing.assert_allclose(predictions.sum(axis=1), 1, atol=1e-5)


def test_predictions_survive_save_and_load(family: str, trained: Trained, trained_project: TrainedProject) -> None:
    x = inputs_of(trained)
    loaded = trained_project.stored(f"{family}.model")
    assert loaded is not trained.model
    np.testing.assert_allclose(predict_outputs(loaded, x), predict_outputs(trained.model, x), atol=1e-6)


def test_same_seed_gives_the_same_weights_and_predictions(
    family: str, trained: Trained, trained_project: TrainedProject, tmp_path: Path
) -> None:
    x, case = inputs_of(trained), trained_project.case
    predictions = predict_outputs(trained.model, x)
    with without_coverage():
        if families.get(family).build is None:
            repeated, _ = train_in_memory(family, case, tmp_path)
        else:
            weights = trained.network.get_weights()
            repeated = train_again(family, trained.network, case, tmp_path)
            for ours, theirs in zip(trained.network.get_weights(), weights, strict=True):
                np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(predict_outputs(repeated, x), predictions)


def test_config_survives_a_round_trip(family: str) -> None:
    config = small_config(family)
    assert type(config).model_validate_json(config.model_dump_json()) == config


def test_parameter_file_has_every_setting_with_its_default(family: str) -> None:
    settings = yaml.safe_load((ROOT / "conf" / "base" / f"parameters_{family}.yml").read_text())
    assert set(settings) == {family}
    config = families.get(family).config
    assert set(settings[family]) == set(config.model_fields)
    assert config(**settings[family]) == config()
