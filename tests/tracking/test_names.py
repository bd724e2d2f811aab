"""Names in MLflow: every text becomes a valid name, and no two become one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow.utils.validation import _validate_metric_name, _validate_param_name, _validate_tag_name

from sakon.tracking.names import EMPTY, MAX_NAME_LENGTH, file_name, flatten_parameters, mlflow_name

AWKWARD = ["n//a", "n/a", "a?", "a!", "a_", "/a", "a/", ".", "..", "../a", "a/./b", "", "_x003F_", "_x003F", "a\n", "é"]


def unescape(name: str) -> str:
    """Return the text of a name that is not shortened."""
    if name == EMPTY:
        return ""
    return re.sub(r"_x([0-9A-F]{4,6})_", lambda match: chr(int(match[1], 16)), name)


@given(
    st.text(alphabet=st.sampled_from("_x0F03a/.?! :\né"), max_size=30) | st.text(max_size=30) | st.sampled_from(AWKWARD)
)
def test_every_text_is_a_valid_name_from_which_it_can_be_read(text: str) -> None:
    name = mlflow_name(text)
    for validate in (_validate_metric_name, _validate_param_name, _validate_tag_name):
        validate(name)
    assert unescape(name) == text
    assert "/" not in file_name(text)
    assert unescape(file_name(text)) == text


@pytest.mark.parametrize(
    "name", ["best_val_loss", "problem.split.test", "class 1", "system/cpu", "max_x_mean", "größe"]
)
def test_ordinary_names_stay(name: str) -> None:
    assert mlflow_name(name) == name


def test_long_names_stay_apart() -> None:
    names = [mlflow_name("a" * 400 + end) for end in ("", "b", "c")]
    assert len(set(names)) == 3
    assert {len(name) for name in names} == {MAX_NAME_LENGTH}


def test_labels_of_class_weights_stay_apart() -> None:
    flat = flatten_parameters({"class_weight": dict.fromkeys(AWKWARD, 1.0)}, "problem.")
    assert len({mlflow_name(key) for key in flat}) == len(AWKWARD)
