"""Scatter plots coloured by target."""

from __future__ import annotations

import numpy as np

from sakon.figures.scatter import MAX_CLASSES, scatter_by_target

POINTS = np.random.default_rng(0).random((120, 2))


def test_every_class_has_its_points_and_a_name() -> None:
    figure = scatter_by_target(POINTS, np.arange(120) % 3, ["a", "b", "c"])
    assert [trace.name for trace in figure.data] == ["a", "b", "c"]
    np.testing.assert_array_equal(figure.data[1].x, POINTS[1::3, 0])


def test_many_classes_are_named_at_their_points() -> None:
    classes = [f"k{index}" for index in range(MAX_CLASSES + 1)]
    target = np.arange(120) % len(classes)
    (trace,) = scatter_by_target(POINTS, target, classes).data
    assert list(trace.text) == [classes[index] for index in target]
    assert len(set(trace.marker.color)) > 1
    assert not trace.showlegend


def test_numbers_are_a_colour_scale() -> None:
    (trace,) = scatter_by_target(POINTS, POINTS[:, 0], []).data
    np.testing.assert_array_equal(trace.marker.color, POINTS[:, 0])
