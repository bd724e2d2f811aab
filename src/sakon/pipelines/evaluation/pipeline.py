"""models, validation, test → leaderboard, figures, report, decision."""

from __future__ import annotations

from collections.abc import Callable

from kedro.pipeline import Node, Pipeline

from sakon import families
from sakon.families.template import FIGURE
from sakon.lazy import go
from sakon.pipelines.evaluation import figures
from sakon.pipelines.evaluation.distributed import evaluate_distributed
from sakon.pipelines.evaluation.nodes import compare, evaluate
from sakon.pipelines.evaluation.promotion import promote
from sakon.pipelines.evaluation.report import write_report

CONTEXT = ["validation", "test", "input_spec", "params:problem", "params:evaluation"]
NAMED_CONTEXT = {"input_spec": "input_spec", "problem": "params:problem", "evaluation": "params:evaluation"}
DISTRIBUTED = ("distributed_predictions", "distributed_scores")
NOT_SHARED = {"tracked_runs", "champion", "figure_errors"}
"""Inputs that are in the namespace, as the evaluation has its own."""


def create_pipeline() -> Pipeline:
    """Return the pipeline that evaluates and compares all families."""
    nodes = [*_evaluation_nodes(), *_comparison_nodes(), *_figure_nodes()]
    nodes.append(Node(write_report, _report_inputs(), "report", name="write_report"))
    inputs = {name for name in Pipeline(nodes).inputs() if not name.startswith("params:")}
    return Pipeline(
        nodes,
        namespace="evaluation",
        inputs=inputs - NOT_SHARED,
        parameters={"params:problem", "params:evaluation"},
        tags="evaluation",
    )


def _evaluation_nodes() -> list[Node]:
    distributed = ["distributed_training.models", "distributed_training.trainings", *CONTEXT]
    return [
        *(_evaluate(family, family, "model") for family in families.names()),
        _evaluate("naive", families.baseline().name, "naive"),
        Node(evaluate_distributed, distributed, list(DISTRIBUTED), name="evaluate_distributed"),
    ]


def _evaluate(name: str, family: str, model: str) -> Node:
    trained = [f"{family}.{dataset}" for dataset in (model, "training", "failure")]
    return Node(evaluate, [*trained, *CONTEXT], [f"{name}_predictions", f"{name}_scores"], name=f"evaluate_{name}")


def _comparison_nodes() -> list[Node]:
    results = {name: name for name in ("tracked_runs", *DISTRIBUTED)} | _of_families("predictions", "scores")
    slices = NAMED_CONTEXT | {"test_records": "test_records", "schema": "schema"} | _of_families("predictions")
    return [
        Node(compare, NAMED_CONTEXT | results, "leaderboard", name="compare"),
        Node(
            promote,
            ["leaderboard", "naive_scores", "champion", "test_records", "test", "input_spec", "params:problem"],
            "decision",
            name="promote",
        ),
        Node(figures.score_slices, slices, "slices", name="score_slices"),
    ]


def _figure_nodes() -> list[Node]:
    inputs = {"input_spec": "input_spec", "schema": "schema"} | _of_families("predictions")
    with_evaluation = inputs | {"evaluation": "params:evaluation"}
    context = ["input_spec", "params:problem"]
    return [
        _draw("leaderboard", figures.draw_leaderboard, ["leaderboard", *context]),
        _draw("errors", figures.draw_errors, inputs),
        _draw("calibration", figures.draw_calibration, with_evaluation),
        _draw("slices", figures.draw_slices, ["slices", *context]),
    ]


def _draw(name: str, function: Callable[..., go.Figure], inputs: list[str] | dict[str, str]) -> Node:
    return Node(function, inputs, f"{name}_figure", name=f"draw_{name}", tags=FIGURE)


def _of_families(*datasets: str) -> dict[str, str]:
    """Return the names of some datasets of every family."""
    names = [f"{family}_{dataset}" for dataset in datasets for family in families.names()]
    return {name: name for name in names}


def _report_inputs() -> dict[str, str]:
    names = ("leaderboard", "decision", "profile", "leaderboard_figure", "errors_figure", "calibration_figure")
    namespaces = (*families.names(), "distributed_training")
    return (
        {name: name for name in (*names, "slices_figure")}
        | {"problem": "params:problem", "evaluation": "figure_errors"}
        | {namespace: f"{namespace}.figure_errors" for namespace in namespaces}
    )
