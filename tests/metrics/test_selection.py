"""The metric and the positive class of a problem."""

from __future__ import annotations

import pytest

from sakon.metrics import METRICS, positive_index, problem_metric
from sakon.problem import InputSpec, Problem, Task

SPEC = InputSpec(kind="tabular", task="classification", shape=(1,), classes=("no", "yes"))


@pytest.mark.parametrize(
    ("task", "default"), [("classification", "accuracy"), ("regression", "rmse"), ("forecast", "mae")]
)
def test_metric_is_the_configured_one_or_the_default_of_the_task(task: Task, default: str) -> None:
    spec = InputSpec(kind="tabular", task=task, shape=(1,), classes=SPEC.classes if task == SPEC.task else ())
    assert problem_metric(spec, Problem(kind="tabular", target="y")) is METRICS[default]
    assert problem_metric(spec, Problem(kind="tabular", target="y", metric="roc_auc")) is METRICS["roc_auc"]


@pytest.mark.parametrize(("positive", "index"), [(None, None), ("no", 0), ("yes", 1)])
def test_index_of_the_positive_class(positive: str | None, index: int | None) -> None:
    assert positive_index(SPEC, Problem(kind="tabular", target="y", positive=positive)) == index
