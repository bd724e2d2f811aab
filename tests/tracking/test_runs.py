from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import pytest
from conftest import ROOT
from kedro.pipeline import Node
from tracking.tiny_project import PROBLEM, Project, training_nodes

from sakon.training.events import TrainingEvents


def test_a_run_is_opened_by_its_familys_first_node_and_holds_what_it_was(tiny: Project) -> None:
    problem = tiny.prepare("tabular", "classification")
    tiny.run(
        Node(lambda train: len(train), "train", "rows", name="count", namespace="ingestion"),
        *training_nodes(),
        problem=problem,
        baseline={"regularization": 0.5, "layers": [8, 4], "name": "x" * 9000},
    )
    (run,) = tiny.runs()
    assert run.info.run_name == "baseline"
    assert run.info.status == "FINISHED"
    parameters = run.data.params
    assert parameters["regularization"] == "0.5"
    assert parameters["layers"] == "[8, 4]"
    assert len(parameters["name"]) <= 6000
    assert (parameters["problem.kind"], parameters["problem.split.test"]) == ("tabular", "0.2")
    assert {"sakon.command", "sakon.pid", "sakon.host"} <= set(run.data.tags)
    assert (run.data.tags["sakon.problem"], run.data.tags["sakon.family"]) == (PROBLEM, "baseline")
    assert run.data.metrics == {"best_val_loss": 0.25, "epochs": 3.0, "parameters": 7.0, "train_seconds": 0.5}
    assert run.data.tags["sakon.candidate"] == "linear"
    assert [file.path for file in tiny.client.list_artifacts(run.info.run_id, "figures")] == ["figures/history.html"]


def test_the_data_of_a_run_are_recorded_once_with_digest_and_context(tiny: Project) -> None:
    tiny.prepare("tabular", "classification")
    again = Node(lambda train: len(train), "train", "rows", name="count", namespace="baseline")
    tiny.run(*training_nodes(), again, baseline={})
    (read,) = tiny.run_named("baseline").inputs.dataset_inputs
    assert read.dataset.digest
    assert "train.parquet" in read.dataset.source
    assert [(tag.key, tag.value) for tag in read.tags] == [("mlflow.data.context", "training")]


def test_families_whose_nodes_interleave_keep_one_run_each(tiny: Project) -> None:
    tiny.prepare("tabular", "classification")
    first = [
        Node(lambda train: len(train), "train", f"{name}.rows", name=f"first_{name}", namespace=name)
        for name in ("cnn", "mlp")
    ]
    second = [
        Node(lambda rows: {"best_val_loss": rows}, f"{name}.rows", f"{name}.measures", name=f"z_{name}", namespace=name)
        for name in ("mlp", "cnn")
    ]
    tiny.run(*first, *second)
    assert sorted(run.info.run_name for run in tiny.runs()) == ["cnn", "mlp"]
    assert all(run.data.metrics == {"best_val_loss": 40.0} for run in tiny.runs())
    assert all(run.info.status == "FINISHED" for run in tiny.runs())


def test_epochs_are_recorded_while_the_training_goes_on(tiny: Project) -> None:
    seen: list[int] = []

    def fit(train: Any, events: TrainingEvents) -> dict[str, Any]:
        events.begin(3)
        for epoch in (1, 2, 3):
            events.end_epoch({"loss": 1 / epoch, "val_loss": 2 / epoch})
            seen.append(len(tiny.client.get_metric_history(tiny.run_named("mlp").info.run_id, "val_loss")))
        return {"epochs": 3}

    tiny.prepare("tabular", "classification")
    node = Node(fit, ["train", "mlp.events"], "mlp.measures", name="fit", namespace="mlp")
    tiny.run(node, mlp={"epochs": 3, "batch_size": 8})
    history = tiny.client.get_metric_history(tiny.run_named("mlp").info.run_id, "val_loss")
    assert [(point.step, point.value) for point in history] == [(1, 2.0), (2, 1.0), (3, pytest.approx(2 / 3))]
    assert seen[-1] >= 1


def test_a_failing_node_marks_its_run_as_failed_with_the_reason(tiny: Project) -> None:
    def fail(train: Any) -> None:
        raise ValueError("the loss is not finite\nand more")

    tiny.prepare("tabular", "classification")
    with pytest.raises(ValueError, match="not finite"):
        tiny.run(Node(fail, "train", "mlp.measures", name="fit", namespace="mlp"))
    run = tiny.run_named("mlp")
    assert run.info.status == "FAILED"
    assert "the loss is not finite" in run.data.tags["sakon.failure"]
    assert "and more" not in run.data.tags["sakon.failure"]


def test_an_output_that_cannot_be_saved_marks_the_run_as_failed(tiny: Project) -> None:
    tiny.prepare("tabular", "classification")
    with pytest.raises(Exception, match="JSON serializable"):
        tiny.run(Node(lambda train: {"x": train}, "train", "mlp.measures", name="fit", namespace="mlp"))
    assert tiny.run_named("mlp").info.status == "FAILED"


def test_a_run_left_incomplete_by_anothers_failure_is_not_finished(tiny: Project) -> None:
    def fail(rows: int) -> None:
        raise ValueError("no")

    tiny.prepare("tabular", "classification")
    count = {name: Node(len, "train", f"{name}.rows", name=f"a_{name}", namespace=name) for name in ("cnn", "mlp")}
    with pytest.raises(ValueError, match="no"):
        tiny.run(
            *count.values(),
            Node(fail, "cnn.rows", "cnn.measures", name="b", namespace="cnn"),
            Node(lambda rows: {"rows": rows}, "mlp.rows", "mlp.measures", name="c", namespace="mlp"),
        )
    assert {run.info.run_name: run.info.status for run in tiny.runs()} == {"cnn": "FAILED", "mlp": "FAILED"}


def test_after_a_keyboard_interrupt_no_run_counts_as_finished(tiny: Project) -> None:
    """Kedro reports no `KeyboardInterrupt` to hooks: the end of the process must tell."""
    tiny.prepare("tabular", "classification")
    script = f"""
import sys
sys.path[:0] = {[str(ROOT / "tests"), str(ROOT / "src")]!r}
from pathlib import Path
from tracking.tiny_project import Project
from kedro.pipeline import Node
def stop(train):
    raise KeyboardInterrupt
Project(Path({str(tiny.folder)!r})).run(Node(stop, "train", "mlp.measures", name="fit", namespace="mlp"))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr.rstrip().endswith("KeyboardInterrupt"), done.stderr[-2000:]
    run = tiny.run_named("mlp")
    assert run.info.status in ("FAILED", "KILLED")
    assert "sakon.failure" in run.data.tags


def test_system_metrics_are_recorded(tiny: Project) -> None:
    def wait(train: Any) -> dict[str, Any]:
        time.sleep(2.5)
        return {"epochs": 1}

    tiny.prepare("tabular", "classification")
    tiny.run(Node(wait, "train", "mlp.measures", name="fit", namespace="mlp"), mlflow_settings={"system_metrics": True})
    assert "system/cpu_utilization_percentage" in tiny.run_named("mlp").data.metrics


def test_nothing_is_written_to_the_console(tiny: Project, capfd: pytest.CaptureFixture[str]) -> None:
    tiny.prepare("tabular", "classification")
    tiny.run(*training_nodes(), baseline={})
    assert capfd.readouterr().err == ""


def test_trainings_at_the_same_time_do_not_mix(tiny: Project) -> None:
    """A training of another family sends events while the node of one family runs."""

    def fit(rows: int, cnn: TrainingEvents, mlp: TrainingEvents) -> dict[str, float]:
        for events in (cnn, mlp):
            events.begin(3)
        for epoch in (1, 2, 3):
            cnn.end_epoch({"loss": float(epoch)})
            mlp.end_epoch({"loss": 10.0 * epoch})
        for events in (cnn, mlp):
            events.end()
        return {"seconds": 1.0}

    tiny.prepare("tabular", "classification")
    count = {name: Node(len, "train", f"{name}.rows", name=f"a_{name}", namespace=name) for name in ("cnn", "mlp")}
    last = Node(lambda rows: {"rows": rows}, "mlp.rows", "mlp.measures", name="z", namespace="mlp")
    node = Node(fit, ["mlp.rows", "cnn.events", "mlp.events"], "cnn.measures", name="fit", namespace="cnn")
    tiny.run(*count.values(), node, last)
    for name, losses in (("cnn", [1, 2, 3]), ("mlp", [10, 20, 30])):
        history = tiny.client.get_metric_history(tiny.run_named(name).info.run_id, "loss")
        assert [(point.step, point.value) for point in history] == list(zip([1, 2, 3], losses, strict=True))


@pytest.mark.parametrize("value", ["a text", None, True])
def test_metrics_that_are_no_numbers_are_refused_by_name(tiny: Project, value: object) -> None:
    tiny.prepare("tabular", "classification")
    node = Node(lambda train: {"x": 1, "note": value}, "train", "mlp.measures", name="measure", namespace="mlp")
    with pytest.raises(TypeError, match=r"mlp\.measures: expected numbers only.* note="):
        tiny.run(node)
