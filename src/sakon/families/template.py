"""The pipeline that every Keras family is an instance of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kedro.pipeline import Node, Pipeline

from sakon.figures.history import learning_curves
from sakon.lazy import go, pd
from sakon.training.fit import fit

SHARED_INPUTS = {"train", "validation", "input_spec"}


def family_pipeline(
    family: str, build: Callable[..., Any], own: list[Node] | None = None, answer: Callable[..., Any] | None = None
) -> Pipeline:
    """Return the pipeline of a family: build, fit, draw, and what is the family's own.

    It reads `train`, `validation`, `input_spec`, `params:problem` and `params:<family>`; there is no
    way to `test`. It writes `<family>.model`, `.history`, `.training` and `.history_figure`; a family
    that learns something else than to answer writes what it learns as `<family>.network`, from which
    `answer` makes the model.

    Args:
        family: Name of the family: its folder, namespace, parameter key, tag and MLflow run.
        build: `build(input_spec, config, problem) -> keras.Model`, compiled, where `config` is
            annotated with the family's own `Config`.
        own: Further nodes; they may read all of the above as `model`, `train`, … and their outputs
            are named within the family.
        answer: `answer(network, network_training, train, validation, input_spec, problem)`, which
            returns the model and its training's summary; see `sakon.families.heads`.
    """
    fitted = ["model", "history", "training"] if answer is None else ["network", "history", "network_training"]
    nodes = [
        Node(build, ["input_spec", f"params:{family}", "params:problem"], "untrained_model", name="build"),
        Node(
            fit,
            [
                "untrained_model",
                "train",
                "validation",
                "input_spec",
                f"params:{family}",
                "params:problem",
                "checkpoints",
            ],
            fitted,
            name="fit",
        ),
        Node(_draw_history, ["history", fitted[-1]], "history_figure", name="draw_history"),
    ]
    if answer is not None:
        given = ["network", "network_training", "train", "validation", "input_spec", "params:problem"]
        nodes.append(Node(answer, given, ["model", "training"], name="answer"))
    return in_namespace(family, nodes + (own or []))


def in_namespace(family: str, nodes: list[Node]) -> Pipeline:
    """Return nodes as the pipeline of a family: its namespace, its tag, the shared inputs by their own names."""
    pipeline = Pipeline(nodes)
    return Pipeline(
        nodes,
        namespace=family,
        inputs=pipeline.inputs() & SHARED_INPUTS,
        parameters={name for name in pipeline.inputs() if name.startswith("params:")},
        tags=family,
    )


def _draw_history(history: pd.DataFrame, training: dict[str, Any]) -> go.Figure:
    return learning_curves(history, training["family"], training["best_epoch"])
