"""Scatter plots of two-dimensional representations, coloured by target."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sakon.figures import style
from sakon.lazy import go

MAX_CLASSES = 50
"""With more classes, a legend would be longer than the figure."""
MARKER: dict[str, object] = {"size": 7, "opacity": 0.8}


def scatter_by_target(points: np.ndarray, target: np.ndarray, classes: Sequence[object]) -> go.Figure:
    """Draw examples as points, coloured by class or by the value of the target.

    With more than `MAX_CLASSES` classes there is no legend; the class of a point appears when it is pointed at.

    Args:
        points: Coordinates, (rows, 2).
        target: Class index, or the value in the target's unit, (rows,).
        classes: Labels in order; empty if the target is a number.
    """
    figure = go.Figure()
    if len(classes) > MAX_CLASSES:
        return figure.add_trace(_points_of_many_classes(points, target, classes))
    for index, label in enumerate(classes):
        members = points[target == index]
        marker = MARKER | {"color": style.class_colour(index)}
        figure.add_scatter(x=members[:, 0], y=members[:, 1], mode="markers", name=str(label), marker=marker)
    if not classes:
        marker = MARKER | {"color": target, "colorscale": "Viridis", "colorbar": {"title": "target"}}
        figure.add_scatter(x=points[:, 0], y=points[:, 1], mode="markers", name="target", marker=marker)
    return figure


def _points_of_many_classes(points: np.ndarray, target: np.ndarray, classes: Sequence[object]) -> go.Scatter:
    indices = target.astype(int)
    return go.Scatter(
        x=points[:, 0],
        y=points[:, 1],
        mode="markers",
        marker=MARKER | {"color": [style.class_colour(int(index)) for index in indices]},
        text=[str(classes[index]) for index in indices],
        showlegend=False,
    )
