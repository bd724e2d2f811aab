from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from kedro.io import DatasetError
from kedro.pipeline import Node
from tracking.tiny_project import PROBLEM, Project, training_nodes

from sakon.models.champion import Champion, UnreadableChampion
from sakon.problem import Decision, MetricInterval, Scores

Trained = Callable[..., Project]

SCORES = {
    "status": "trained",
    "note": "linear",
    "parameters": 7,
    "validation": {"accuracy": 0.95},
    "test": {"accuracy": MetricInterval(value=0.9, low=0.8, high=0.97)},
}


def decide(**decision: Any) -> Node:
    """Return the node of an evaluation that decides so."""
    return Node(lambda: Decision(**decision), None, "evaluation.decision", name="promote", namespace="evaluation")


def scores(family: str, **values: Any) -> Node:
    """Return the node of an evaluation with these scores of a family."""
    return Node(
        lambda: Scores(**values), None, f"evaluation.{family}_scores", name=f"evaluate_{family}", namespace="evaluation"
    )


def champion_files(project: Project) -> Path:
    """Return the folder of the champion's files in the store."""
    run = project.run_named("baseline")
    model_id = run.outputs.model_outputs[0].model_id
    location = project.client.get_logged_model(model_id).artifact_location
    return Path(location.removeprefix("file://"))


@pytest.fixture
def crowned(trained: Trained) -> Project:
    """A project whose baseline is the champion."""
    project = trained()
    project.run(decide(promoted=True, family="baseline", version="1", reason="it is the first"))
    return project


def test_a_saved_model_becomes_a_version_with_the_familys_alias(trained: Trained) -> None:
    project = trained()
    project.run(*training_nodes(), baseline={})
    version = project.version("baseline")
    assert version.version in (2, "2")
    first, second = project.runs("baseline")
    assert version.run_id == second.info.run_id != first.info.run_id
    assert version.tags["sakon.family"] == "baseline"
    assert set(version.tags) == {"sakon.family", "sakon.model_id", "sakon.checksums"}
    assert set(json.loads(version.tags["sakon.checksums"])) == {
        "schema.json", "input_spec.json", "preprocessor.skops", "model.skops",
    }  # fmt: skip
    logged = project.client.get_logged_model(version.tags["sakon.model_id"])
    assert (logged.name, logged.status.value, logged.source_run_id) == ("baseline", "READY", second.info.run_id)
    assert json.loads(logged.tags["mlflow.modelVersions"]) == [{"name": PROBLEM, "version": 2}]
    assert logged.params["problem.kind"] == "tabular"


def test_what_is_registered_holds_pins_a_signature_an_example_and_no_bytecode(trained: Trained) -> None:
    project = trained()
    folder = champion_files(project)
    pins = (folder / "requirements.txt").read_text().split()
    assert all("==" in pin for pin in pins)
    assert any(pin.startswith("keras==") for pin in pins)
    assert (folder / "input_example.json").exists()
    assert (folder / "code" / "sakon" / "models" / "bundle.py").exists()
    assert not list(folder.rglob("__pycache__"))
    assert not list(folder.rglob("*.pkl"))


def test_figures_of_training_belong_to_run_and_logged_model(trained: Trained) -> None:
    project = trained()
    run = project.run_named("baseline")
    assert run.data.metrics["best_val_loss"] == 0.25
    logged = project.client.get_logged_model(project.version("baseline").tags["sakon.model_id"])
    assert {metric.key: metric.value for metric in logged.metrics}["best_val_loss"] == 0.25


def test_an_evaluation_alone_adds_to_the_run_that_trained_the_family(trained: Trained) -> None:
    project = trained()
    project.run(scores("baseline", **SCORES))
    run = project.run_named("baseline")
    assert (run.info.status, run.data.metrics["test_accuracy"]) == ("FINISHED", 0.9)
    assert run.data.tags["sakon.note"] == "linear"
    logged = project.client.get_logged_model(project.version("baseline").tags["sakon.model_id"])
    assert {metric.key: metric.value for metric in logged.metrics}["test_accuracy"] == 0.9
    assert project.run_named("evaluation").data.metrics == {}


def test_pages_of_model_and_version_describe_them(trained: Trained) -> None:
    project = trained()
    model = project.client.get_registered_model(PROBLEM).description
    for fact in (PROBLEM, "tabular", "classification", "`target`", "accuracy", "`baseline`"):
        assert fact in model
    assert f"mlflow.pyfunc.load_model('models:/{PROBLEM}@champion')" in model
    version = project.version("baseline").description
    assert "Family baseline" in version
    assert "regularization=1.0" in version
    assert "accuracy" not in version
    project.run(scores("baseline", **SCORES))
    version = project.version("baseline").description
    assert "accuracy: validation 0.9500, test 0.9000 (0.8000 – 0.9700)" in version
    assert "(linear)" in version
    assert "problem.kind=tabular" in version


def test_families_not_trained_on_these_data_get_no_figures(trained: Trained) -> None:
    project = trained()
    project.run(scores("baseline", status="not trained", note="other data"), scores("mlp", status="not trained"))
    assert "sakon.status" not in project.run_named("baseline").data.tags
    assert project.runs("mlp") == []


def test_a_figure_drawn_anew_goes_to_the_familys_last_run(trained: Trained) -> None:
    project = trained()
    project.run(Node(go.Figure, None, "baseline.importance_figure", name="explain", namespace="baseline"))
    run = project.run_named("baseline")
    files = [file.path for file in project.client.list_artifacts(run.info.run_id, "figures")]
    assert files == ["figures/history.html", "figures/importance.html"]


def test_promoted_version_becomes_champion_with_the_reason(crowned: Project) -> None:
    version = crowned.version("champion")
    assert (str(version.version), version.tags["sakon.decision"]) == ("1", "it is the first")
    assert crowned.run_named("evaluation").data.tags["sakon.decision.reason"] == "it is the first"


def test_version_that_is_not_promoted_does_not_change_the_champion(crowned: Project) -> None:
    crowned.run(*training_nodes(), baseline={})
    crowned.run(decide(promoted=False, family="baseline", version="2", reason="it is no better"))
    assert str(crowned.version("champion").version) == "1"
    assert crowned.version("baseline").tags["sakon.decision"] == "it is no better"


def test_a_decision_without_a_version_is_recorded_too(tiny: Project) -> None:
    tiny.run(decide(promoted=False, reason="no family has been trained"))
    assert tiny.run_named("evaluation").data.tags["sakon.decision.reason"] == "no family has been trained"


def test_runs_and_versions_of_the_families_are_listed(crowned: Project) -> None:
    assert crowned.catalog.load("evaluation.tracked_runs") == {
        "baseline": {"run_id": crowned.run_named("baseline").info.run_id, "version": "1"}
    }


def test_champion_predicts_raw_records(crowned: Project) -> None:
    champion = crowned.catalog.load("evaluation.champion")
    assert (champion.version, champion.family) == ("1", "baseline")
    records = crowned.catalog.load("train_records")
    expected = crowned.catalog.load("baseline.model").predict_proba(crowned.catalog.load("train").x)
    np.testing.assert_allclose(champion.bundle.outputs(records), expected)
    assert champion.bundle.predict(records)["prediction"].isin(["no", "yes"]).all()


def test_there_is_no_champion_before_one_is_promoted(trained: Trained) -> None:
    project = trained()
    assert project.catalog.load("evaluation.champion") is None
    assert not project.catalog["evaluation.champion"].exists()


def changed(folder: Path) -> None:
    """Change a byte."""
    file = folder / "artifacts" / "model.skops"
    file.write_bytes(file.read_bytes()[:-1] + b"x")


def added(folder: Path) -> None:
    """Add a file."""
    (folder / "artifacts" / "extra.pkl").write_bytes(b"x")


def removed(folder: Path) -> None:
    """Remove a file."""
    (folder / "artifacts" / "schema.json").unlink()


def gone(folder: Path) -> None:
    """Remove everything."""
    shutil.rmtree(folder)


def loader_module(folder: Path) -> None:
    """Let another module load the model."""
    file = folder / "MLmodel"
    file.write_text(file.read_text().replace("mlflow.pyfunc.loaders.code_model", "evil"))


def flavor(folder: Path) -> None:
    """Add a flavor."""
    file = folder / "MLmodel"
    file.write_text(file.read_text().replace("flavors:", "flavors:\n  sklearn: {pickled_model: model.pkl}"))


def nonsense(folder: Path) -> None:
    """Describe the model by nonsense."""
    (folder / "MLmodel").write_text("- [")


@pytest.mark.parametrize("tamper", [changed, added, removed, gone, loader_module, flavor, nonsense])
def test_a_champion_that_was_tampered_with_is_unreadable_which_is_not_none(
    crowned: Project, caplog: pytest.LogCaptureFixture, tamper: Callable[[Path], None]
) -> None:
    tamper(champion_files(crowned))
    with caplog.at_level(logging.WARNING, "sakon"):
        champion = crowned.catalog.load("evaluation.champion")
    assert isinstance(champion, UnreadableChampion)
    assert (champion.version, champion.family) == ("1", "baseline")
    assert "remove the alias champion" in champion.decide
    (record,) = [record for record in caplog.records if record.name == "sakon"]
    assert f"Champion v1 of '{PROBLEM}' is not compared" in record.getMessage()
    assert "\n" not in record.getMessage()


def test_a_champion_registered_with_one_tag_per_checksum_is_verified(crowned: Project) -> None:
    """Versions before 0.4 have a tag for every file."""
    checksums = json.loads(crowned.version("champion").tags["sakon.checksums"])
    crowned.client.delete_model_version_tag(PROBLEM, "1", "sakon.checksums")
    assert isinstance(crowned.catalog.load("evaluation.champion"), UnreadableChampion)
    for name, checksum in checksums.items():
        crowned.client.set_model_version_tag(PROBLEM, "1", f"sakon.sha256.{name}", checksum)
    assert isinstance(crowned.catalog.load("evaluation.champion"), Champion)
    changed(champion_files(crowned))
    assert isinstance(crowned.catalog.load("evaluation.champion"), UnreadableChampion)


def test_a_champion_of_an_older_version_of_the_code_is_reported(
    crowned: Project, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(path: Path) -> Any:
        raise ModuleNotFoundError("No module named 'sakon.families.old'")

    monkeypatch.setattr("sakon.models.bundle.load_model", load)
    with caplog.at_level(logging.WARNING, "sakon"):
        assert isinstance(crowned.catalog.load("evaluation.champion"), UnreadableChampion)
    assert "No module named 'sakon.families.old'" in caplog.text


def test_the_models_own_code_does_not_run(crowned: Project) -> None:
    for file in champion_files(crowned).rglob("*.py"):
        file.write_text("raise SystemExit('the code of the model ran')")
    assert isinstance(crowned.catalog.load("evaluation.champion"), Champion)


@pytest.mark.parametrize("name", ["evaluation.tracked_runs", "evaluation.champion"])
def test_the_registry_is_not_written_as_a_dataset(tiny: Project, name: str) -> None:
    with pytest.raises(DatasetError, match="read only"):
        tiny.catalog.save(name, {"a": 1})
    assert tiny.catalog[name].optional
