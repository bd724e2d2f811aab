"""Descriptions of registered models and their versions, in Markdown, for their pages in MLflow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sakon import families
from sakon.metrics import format_metric, problem_metric

if TYPE_CHECKING:
    from sakon.problem import InputSpec, Problem, Schema, Scores

MAX_LENGTH = 5000
"""Characters that every store of MLflow accepts."""
MAX_CLASSES = 20


def describe_model(
    name: str, schema: Schema, input_spec: InputSpec, problem: Problem, registered: Iterable[str]
) -> str:
    """Return the description of a problem's registered model.

    Args:
        name: Name of the problem.
        schema: Columns of the records.
        input_spec: Inputs and outputs of the models.
        problem: Gives the metric.
        registered: Families and variants that have a version.
    """
    classes = ", ".join(str(label) for label in schema.classes[:MAX_CLASSES])
    facts = {
        "problem": name,
        "kind": schema.kind,
        "task": schema.task,
        "target": f"`{schema.target}`",
        "classes": f"{classes}{' …' if len(schema.classes) > MAX_CLASSES else ''}",
        "metric": problem_metric(input_spec, problem).name,
        "families": ", ".join(f"`{family}`" for family in sorted(registered)),
    }
    rows = "".join(f"| {key} | {value} |\n" for key, value in facts.items() if value)
    return (
        f"Models of the problem **{name}**, trained and compared by Sakon. Alias `champion`: the model in use; "
        f"one alias per family: its last model.\n\n| | |\n|---|---|\n{rows}\n"
        f"Load a model and predict from raw records (a table or an array, without target):\n\n"
        f"```python\nimport mlflow\n\nmodel = mlflow.pyfunc.load_model('models:/{name}@champion')\n"
        f"predictions = model.predict(records)\n```\n\n"
        f"Score a file: `kedro run --env={name} --pipelines=scoring --params scoring.data=PATH`. Serve: "
        f"`mlflow models serve -m models:/{name}@champion --env-manager local`.\n"
    )[:MAX_LENGTH]


def describe_version(
    family: str, parameters: Mapping[str, str], metric: str | None = None, scores: Scores | None = None
) -> str:
    """Return the description of a version.

    Args:
        family: Family or variant of its model.
        parameters: Parameters of its training, flat.
        metric: Name of the problem's metric.
        scores: Its evaluation, once it is known.
    """
    title = f"Family {families.display_name(family)}"
    if scores is not None and scores.note:
        title += f" ({scores.note})"
    lines = [f"{title}."]
    if metric is not None and scores is not None and metric in scores.test:
        test = scores.test[metric]
        interval = (
            ""
            if test.low is None or test.high is None
            else f" ({format_metric(test.low)} – {format_metric(test.high)})"
        )
        validation = format_metric(scores.validation[metric])
        lines.append(f"{metric}: validation {validation}, test {format_metric(test.value)}{interval}.")
    settings = ", ".join(f"{key}={value}" for key, value in sorted(parameters.items()))
    return "\n\n".join([*lines, f"Parameters: {settings}."])[:MAX_LENGTH]
