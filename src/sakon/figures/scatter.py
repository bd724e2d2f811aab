"""Examples as points on a plane, coloured by what they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sakon.figures import style
from sakon.lazy import go


def scatter_by_target(places: np.ndarray, target: np.ndarray, classes: Sequence[object]) -> go.Figure:
    """Draw examples as points, a colour for each class or along the target.

    Args:
        places: (rows, 2).
        target: Class index, or the target in its own unit, (rows,).
        classes: Labels in order; empty for numbers.
    """
    figure = go.Figure()
    point: dict[str, object] = {"size": 7, "opacity": 0.8}
    for index, label in enumerate(classes):
        members = places[target == index]
        marker = point | {"color": style.class_colour(index)}
        figure.add_scatter(x=members[:, 0], y=members[:, 1], mode="markers", name=str(label), marker=marker)
    if not classes:
        marker = point | {"color": target, "colorscale": "Viridis", "colorbar": {"title": "target"}}
        figure.add_scatter(x=places[:, 0], y=places[:, 1], mode="markers", name="target", marker=marker)
    return figure
