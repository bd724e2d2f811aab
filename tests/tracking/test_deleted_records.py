"""Records that were deleted in MLflow cost what belongs to them, and labels of all kinds are recorded."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from kedro.io import DatasetError
from kedro.pipeline import Node
from tracking.tiny_project import PROBLEM, Project, training_nodes

from sakon.models.champion import UnreadableChampion
from sakon.problem import Decision, MetricInterval, Problem, Scores
from sakon.tracking.registry import ChampionDataset

Trained = Callable[..., Project]
SCORES = Scores(
    status="trained", validation={"accuracy": 0.95}, test={"accuracy": MetricInterval(value=0.9, low=0.8, high=0.97)}
)


def evaluation(**decision: Any) -> list[Node]:
    """Return the nodes of an evaluation: scores of the baseline, then a decision."""
    decided = Decision(**{"promoted": False, "reason": "no better"} | decision)
    namespace = {"namespace": "evaluation"}
    return [
        Node(lambda: SCORES, None, "evaluation.baseline_scores", name="evaluate", **namespace),
        Node(lambda _: decided, "evaluation.baseline_scores", "evaluation.decision", name="promote", **namespace),
    ]


def test_a_deleted_run_does_not_stop_the_evaluation(trained: Trained, caplog: pytest.LogCaptureFixture) -> None:
    project = trained()
    project.client.delete_run(project.run_named("baseline").info.run_id)
    with caplog.at_level(logging.WARNING, "sakon"):
        project.run(*evaluation(promoted=True, version="1", family="baseline"))
    assert project.run_named("evaluation").info.status == "FINISHED"
    assert str(project.version("champion").version) == "1"
    (record,) = [record for record in caplog.records if record.name == "sakon"]
    assert "baseline" in record.getMessage()
    assert "deleted in MLflow" in record.getMessage()
    assert "start it" not in record.getMessage()


@pytest.mark.parametrize("what", ["version", "alias", "model"])
def test_a_deleted_version_alias_or_model_does_not_stop_the_evaluation(trained: Trained, what: str) -> None:
    project = trained()
    match what:
        case "version":
            project.client.delete_model_version(PROBLEM, "1")
        case "alias":
            project.client.delete_registered_model_alias(PROBLEM, "baseline")
        case "model":
            project.client.delete_registered_model(PROBLEM)
    assert project.catalog.load("evaluation.tracked_runs") == {}
    project.run(*evaluation())
    assert project.run_named("evaluation").info.status == "FINISHED"
    assert project.catalog.load("evaluation.champion") is None


def test_a_run_or_an_experiment_deleted_during_a_training_does_not_stop_it(tiny: Project) -> None:
    problem = tiny.prepare("tabular", "classification")

    def delete(train: object) -> dict[str, float]:
        tiny.client.delete_run(tiny.run_named("autoencoder").info.run_id)
        tiny.client.delete_experiment(tiny.client.get_experiment_by_name(PROBLEM).experiment_id)
        return {"best_val_loss": 1.0}

    node = Node(delete, "train", "autoencoder.measures", name="delete", namespace="autoencoder")
    tiny.run(node, *training_nodes(), problem=problem, baseline={})
    assert tiny.run_named("baseline").info.status == "FINISHED"
    assert str(tiny.version("baseline").version) == "1"


def test_a_model_whose_run_is_deleted_is_registered_in_another_run(tiny: Project) -> None:
    problem = tiny.prepare("tabular", "classification")
    fit, draw = training_nodes()

    def delete_then_fit(*inputs: Any) -> Any:
        tiny.client.delete_run(tiny.run_named("baseline").info.run_id)
        return fit.func(*inputs)

    tiny.run(fit._copy(func=delete_then_fit), draw, problem=problem, baseline={})
    assert tiny.version("baseline").run_id == tiny.run_named("baseline").info.run_id
    assert tiny.run_named("baseline").info.status == "FINISHED"


def test_a_model_file_that_cannot_be_read_is_not_an_error_of_mlflow(tiny: Project) -> None:
    tiny.prepare("tabular", "classification")
    fit, draw = training_nodes()
    dataset = tiny.catalog["baseline.model"]
    save = dataset.save

    def save_and_lose(data: Any) -> None:
        save(data)
        dataset._filepath.unlink()

    dataset.save = save_and_lose
    with pytest.raises(Exception, match="expected the saved model, found no readable file") as caught:
        tiny.run(fit, draw, baseline={})
    assert type(caught.value).__name__ == "ModelError"


def test_labels_of_all_kinds_are_recorded_apart(tiny: Project) -> None:
    tiny.prepare("tabular", "classification")
    labels = ["n//a", "n/a", "a?", "a!", "a_", "../b", "", "/x", "x/"]
    weights = {label: float(number + 1) for number, label in enumerate(labels)}
    problem = Problem(kind="tabular", target="target", class_weight=weights)
    measures = {f"recall_{label}": weight for label, weight in weights.items()}
    node = Node(lambda train: measures, "train", "mlp.measures", name="measure", namespace="mlp")
    tiny.run(node, problem=problem)
    run = tiny.run_named("mlp")
    assert sorted(run.data.metrics.values()) == sorted(weights.values())
    params = [value for key, value in run.data.params.items() if key.startswith("problem.class_weight.")]
    assert sorted(map(float, params)) == sorted(weights.values())


def test_only_a_registry_without_champion_says_that_there_is_none(trained: Trained) -> None:
    project = trained()
    assert project.catalog.load("evaluation.champion") is None
    project.run(*evaluation(promoted=True, version="1", family="baseline"))
    project.client.delete_model_version_tag(PROBLEM, "1", "sakon.checksums")
    project.client.delete_model_version_tag(PROBLEM, "1", "sakon.family")
    champion = project.catalog.load("evaluation.champion")
    assert isinstance(champion, UnreadableChampion)
    assert (champion.version, champion.family) == ("1", "")
    with pytest.raises(DatasetError, match=r"Champion v1 of 'tiny' cannot be used: .*checksums.* remove the alias"):
        ChampionDataset(problem=PROBLEM, required=True).load()


def test_a_registry_that_fails_is_not_a_registry_without_champion(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = trained()

    def fail(*_: object) -> None:
        raise TimeoutError("timed out")

    monkeypatch.setattr("mlflow.MlflowClient.get_registered_model", fail)
    champion = project.catalog.load("evaluation.champion")
    assert isinstance(champion, UnreadableChampion)
    assert "timed out" in champion.reason
    with pytest.raises(DatasetError, match="timed out"):
        ChampionDataset(problem=PROBLEM, required=True).load()
