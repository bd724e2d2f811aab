"""The pipeline of every family, derived from its specification."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.families.spec import FamilySpec
from sakon.figures.history import learning_curves
from sakon.lazy import go, pd
from sakon.problem import TrainingSummary
from sakon.training.fit import fit

SHARED_INPUTS = {"train", "validation", "input_spec"}
FIGURE = "figure"
"""Tag of nodes that only draw figures: an error in one costs the figure, not the family."""


def family_pipeline(family: FamilySpec) -> Pipeline:
    """Return the pipeline of a family: build, fit, fit the head, draw, and the family's own nodes.

    It reads `train`, `validation`, `input_spec`, `params:problem` and `params:<family>`; no edge leads from `test` to
    it. It writes `<family>.model`, `.history`, `.training` and `.history_figure`; a family with a head also writes
    `.network` and `.network_training`.
    """
    nodes = [*_training_nodes(family), *family.nodes]
    pipeline = Pipeline(nodes)
    return Pipeline(
        nodes,
        namespace=family.name,
        inputs=pipeline.inputs() & SHARED_INPUTS,
        parameters={name for name in pipeline.inputs() if name.startswith("params:")},
        tags=family.name,
    )


def _training_nodes(family: FamilySpec) -> list[Node]:
    if family.build is None:
        return []
    params = f"params:{family.name}"
    model, training = ("model", "training") if family.fit_head is None else ("network", "network_training")
    context = ["train", "validation", "input_spec"]
    nodes = [
        Node(family.build, ["input_spec", params, "params:problem"], "untrained_model", name="build"),
        Node(
            fit,
            ["untrained_model", *context, params, "params:problem", "checkpoints", "events"],
            [model, "history", training],
            name="fit",
        ),
        Node(_draw_history, ["history", training], "history_figure", name="draw_history", tags=FIGURE),
    ]
    if family.fit_head is not None:
        inputs = [model, training, *context, "params:problem", "events"]
        nodes.append(Node(family.fit_head, inputs, ["model", "training"], name="fit_head"))
    return nodes


def _draw_history(history: pd.DataFrame, training: TrainingSummary) -> go.Figure:
    return learning_curves(history, training.family, training.best_epoch or 0)
