"""What families draw of their own holds the numbers it was given."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sakon.pipelines.baseline import figures as baseline
from sakon.pipelines.cnn import figures as cnn
from sakon.pipelines.cnn.config import Config
from sakon.pipelines.cnn.model import build
from sakon.pipelines.cnn.nodes import draw_attention, grad_cam
from sakon.pipelines.mlp import figures as mlp
from sakon.problem import Examples, InputSpec, Problem


def test_importance_bars_are_in_order() -> None:
    figure = baseline.importance(np.array([0.1, 0.5, 0.3]), np.zeros(3), ("a", "b", "c"), (3,), "rise of error")
    assert list(figure.data[0].y) == ["a", "c", "b"]
    assert list(figure.data[0].x) == [0.1, 0.3, 0.5]


def test_importance_of_an_image_is_a_map() -> None:
    figure = baseline.importance(np.arange(12.0), np.zeros(12), (), (2, 3, 2), "rise")
    np.testing.assert_array_equal(figure.data[0].z[::-1], [[1, 5, 9], [13, 17, 21]])


def test_coefficients_of_a_table_show_the_largest() -> None:
    table = pd.DataFrame({"output": "yes", "input": ["a", "b", "c"], "coefficient": [0.1, -2.0, 1.0]})
    figure = baseline.coefficients(table, (3,))
    assert dict(zip(figure.data[0].y, figure.data[0].x, strict=True)) == {"a": 0.1, "b": -2.0, "c": 1.0}
    assert list(figure.data[0].y)[-1] == "b"


def test_coefficients_of_images_are_a_map_per_class() -> None:
    table = pd.DataFrame({"output": np.repeat(["0", "1"], 4), "input": list("0123") * 2, "coefficient": np.arange(8.0)})
    figure = baseline.coefficients(table, (2, 2, 1))
    np.testing.assert_array_equal(figure.data[1].z[::-1], [[4, 5], [6, 7]])


def test_constant_units_are_counted() -> None:
    activations = np.array([[0.0, 1.0, 0.0, 2.0], [0.0, 0.0, 0.0, 1.0]])
    figure = mlp.layer_spread({"dense_1": np.arange(5.0)}, {"hidden_1": activations})
    assert figure.data[1].name.endswith("50% constant")


def test_filters_keep_their_signs() -> None:
    kernels = np.random.default_rng(0).normal(size=(3, 3, 5))
    figure = cnn.filter_grid(kernels)
    np.testing.assert_allclose(figure.data[4].z[::-1], kernels[:, :, 4])


@pytest.mark.parametrize("shape", [(8, 8, 1), (6,), (5, 2)])
def test_grad_cam_is_a_heat_per_place(shape: tuple[int, ...]) -> None:
    spec = InputSpec(kind="image", task="classification", shape=shape, classes=(0, 1, 2))
    model = build(spec, Config(filters=(4,)), Problem(kind="image", target="y"))
    heat, answers = grad_cam(model, np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32))
    assert answers.shape == (2, 3)
    assert heat.shape[0] == 2
    assert 0 <= heat.min() <= heat.max() <= 1


def test_attention_of_a_wide_table_has_a_heat_per_feature() -> None:
    names = tuple(f"c{i}" for i in range(37))
    spec = InputSpec(kind="tabular", task="classification", shape=(37,), classes=(0, 1), features=names)
    model = build(spec, Config(filters=(4,)), Problem(kind="tabular", target="y"))
    x = np.random.default_rng(0).normal(size=(6, 37)).astype(np.float32)
    figure = draw_attention(model, Examples(x, np.arange(6, dtype=np.int32) % 2, np.arange(6)), spec)
    values, heat = (np.asarray(trace.z)[::-1, 0] for trace in figure.data[:2])
    np.testing.assert_allclose(values, x[0])
    assert len(heat) == 37
    for start in range(0, 37, 3):  # 13 steps of three features
        assert len(set(heat[start : start + 3])) == 1
