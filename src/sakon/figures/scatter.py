"""Scatter plots of two-dimensional representations, coloured by target."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sakon.figures import style
from sakon.lazy import go


def scatter_by_target(points: np.ndarray, target: np.ndarray, classes: Sequence[object]) -> go.Figure:
    """Draw examples as points, coloured by class or by the value of the target.

    Args:
        points: Coordinates, (rows, 2).
        target: Class index, or the value in the target's unit, (rows,).
        classes: Labels in order; empty if the target is a number.
    """
    figure = go.Figure()
    base: dict[str, object] = {"size": 7, "opacity": 0.8}
    for index, label in enumerate(classes):
        members = points[target == index]
        marker = base | {"color": style.class_colour(index)}
        figure.add_scatter(x=members[:, 0], y=members[:, 1], mode="markers", name=str(label), marker=marker)
    if not classes:
        marker = base | {"color": target, "colorscale": "Viridis", "colorbar": {"title": "target"}}
        figure.add_scatter(x=points[:, 0], y=points[:, 1], mode="markers", name="target", marker=marker)
    return figure
