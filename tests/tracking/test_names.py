"""Names that MLflow accepts: complete and without collisions."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from mlflow.utils.validation import _validate_metric_name, _validate_param_name, _validate_tag_name

from sakon.tracking.names import MAX_NAME_LENGTH, MAX_VALUE_LENGTH, file_name, mlflow_name, truncate

NAMES = st.text(min_size=0, max_size=300)


@given(NAMES)
@example("n//a")
@example("a?")
@example("a!")
@example("../a")
@example(".")
@example("")
@example("/")
def test_mlflow_accepts_every_name(name: str) -> None:
    escaped = mlflow_name(name)
    assert len(escaped) <= MAX_NAME_LENGTH
    for validate in (_validate_metric_name, _validate_param_name, _validate_tag_name):
        validate(escaped)


@given(st.lists(st.text("a!?/._x0041 é", max_size=8), unique=True, max_size=20))
@example(["a?", "a!", "a_x0021_", "a_x003F_", "n//a", "n/a", ""])
def test_two_names_never_become_one(names: list[str]) -> None:
    assert len({mlflow_name(name) for name in names}) == len(names)
    assert len({file_name(name) for name in names}) == len(names)


def test_long_names_stay_different() -> None:
    assert mlflow_name("a" * 300 + "b") != mlflow_name("a" * 300 + "c")
    assert len(truncate("a" * 10_000)) == MAX_VALUE_LENGTH


def test_plain_names_stay_as_they_are() -> None:
    for name in ("val_loss", "problem.split.test", "class weight: 3", "figures/history"):
        assert mlflow_name(name) == name
    assert "/" not in file_name("figures/history")
