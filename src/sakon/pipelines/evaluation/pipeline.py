"""models, validation, test → leaderboard, figures, report, decision."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon import families
from sakon.families.template import FIGURE
from sakon.pipelines.evaluation import figures
from sakon.pipelines.evaluation.nodes import compare, evaluate, evaluate_distributed
from sakon.pipelines.evaluation.promotion import promote
from sakon.pipelines.evaluation.report import write_report

CONTEXT = {"input_spec": "input_spec", "problem": "params:problem", "evaluation": "params:evaluation"}

DISTRIBUTED = ("distributed_predictions", "distributed_scores")


def create_pipeline() -> Pipeline:
    """Return the pipeline that compares all families there are."""
    predictions = {f"{family}_predictions": f"{family}_predictions" for family in families.names()}
    scores = {f"{family}_scores": f"{family}_scores" for family in families.names()}
    drawn = {name: CONTEXT[name] for name in ("input_spec",)} | {"schema": "schema"} | predictions
    nodes = [
        *(_evaluate(family, family, "model") for family in families.names()),
        _evaluate("naive", families.baseline().name, "naive"),
        Node(
            evaluate_distributed,
            [f"distributed_training.{made}" for made in ("models", "trainings")]
            + ["validation", "test", "input_spec", "params:problem", "params:evaluation"],
            list(DISTRIBUTED),
            name="evaluate_distributed",
        ),
        Node(
            compare,
            CONTEXT | {name: name for name in ("tracked_runs", *DISTRIBUTED)} | predictions | scores,
            "leaderboard",
            name="compare",
        ),
        Node(
            promote,
            ["leaderboard", "naive_scores", "champion", "test_records", "test", "input_spec", "params:problem"],
            "decision",
            name="promote",
        ),
        Node(
            figures.draw_leaderboard,
            ["leaderboard", "input_spec", "params:problem"],
            "leaderboard_figure",
            name="draw_leaderboard",
            tags=FIGURE,
        ),
        Node(figures.draw_errors, drawn, "errors_figure", name="draw_errors", tags=FIGURE),
        Node(
            figures.draw_calibration,
            drawn | {"evaluation": "params:evaluation"},
            "calibration_figure",
            name="draw_calibration",
            tags=FIGURE,
        ),
        Node(
            figures.score_slices,
            CONTEXT | {"test_records": "test_records", "schema": "schema"} | predictions,
            "slices",
            name="score_slices",
        ),
        Node(
            figures.draw_slices,
            ["slices", "input_spec", "params:problem"],
            "slices_figure",
            name="draw_slices",
            tags=FIGURE,
        ),
        Node(write_report, _report_inputs(), "report", name="write_report"),
    ]  # fmt: skip
    pipeline = Pipeline(nodes)
    given = {name for name in pipeline.inputs() if not name.startswith("params:")}
    return Pipeline(
        nodes,
        namespace="evaluation",
        inputs=given - {"tracked_runs", "champion", "figure_errors"},
        parameters={"params:problem", "params:evaluation"},
        tags="evaluation",
    )


def _report_inputs() -> dict[str, str]:
    names = ("leaderboard", "decision", "profile", "leaderboard_figure", "errors_figure", "calibration_figure")
    namespaces = (*families.names(), "distributed_training")
    return (
        {name: name for name in (*names, "slices_figure")}
        | {"problem": "params:problem", "evaluation": "figure_errors"}
        | {namespace: f"{namespace}.figure_errors" for namespace in namespaces}
    )


def _evaluate(name: str, family: str, model: str) -> Node:
    trained = [f"{family}.{made}" for made in (model, "training", "failure")]
    inputs = [*trained, "validation", "test", "input_spec", "params:problem", "params:evaluation"]
    return Node(evaluate, inputs, [f"{name}_predictions", f"{name}_scores"], name=f"evaluate_{name}")
