"""Figures of the vae's own."""

from __future__ import annotations

import numpy as np

from sakon.families import family_of
from sakon.figures import style
from sakon.figures.images import image_grid
from sakon.figures.scatter import scatter_by_target
from sakon.lazy import go
from sakon.problem import InputSpec

FAMILY = family_of(__name__)
MOST_INPUTS = 30


def latent_map(places: np.ndarray, y: np.ndarray, input_spec: InputSpec, width: int) -> go.Figure:
    """Draw codes on a plane, coloured by class or target.

    Args:
        places: (rows, 2).
        y: Class indices, or the standardised target, (rows,).
        input_spec: Names the classes; gives the target's unit.
        width: Directions of the code.
    """
    figure = scatter_by_target(places, input_spec.in_unit_of_target(y), input_spec.classes)
    how = f"its {width} directions laid out by t-SNE, which knows no classes" if width > 2 else "its own directions"
    subtitle = f"Mean of the code of each validation example, {how}."
    figure.update_xaxes(showticklabels=width <= 2).update_yaxes(showticklabels=width <= 2)
    return style.apply(figure, f"{FAMILY}: the latent space", subtitle, height=620)


def traversal(made: np.ndarray, directions: np.ndarray, values: np.ndarray, input_spec: InputSpec) -> go.Figure:
    """Draw what the decoder makes as one direction of the code changes.

    Args:
        made: Means of inputs, (directions, values, *shape).
        directions: Index of each direction.
        values: Its values.
        input_spec: Names a table's inputs.

    Returns:
        A row of images per direction; for other kinds the change of each input from one end of a
        direction to the other.
    """
    title, rows = f"{FAMILY}: along the directions of the code", [f"direction {i}" for i in directions]
    if len(input_spec.shape) == 3:
        subtitle = "One direction changes, the others stay at 0; the most active first."
        return image_grid(list(made), title, subtitle, rows, [f"{value:g}" for value in values])
    change = (made[:, -1] - made[:, 0]).reshape(len(made), -1)
    shown = np.sort(np.argsort(-np.abs(change).max(axis=0), kind="stable")[:MOST_INPUTS])
    limit = float(np.abs(change).max())
    heatmap = go.Heatmap(
        z=change[:, shown],
        x=[style.shorten(input_spec.names[i]) for i in shown],
        y=rows,
        zmin=-limit,
        zmax=limit,
        colorscale="RdBu_r",
        colorbar={"title": "change"},
    )
    subtitle = f"Change of each input from {values[0]:g} to {values[-1]:g}; the others stay at 0; most active first."
    figure = go.Figure(heatmap).update_yaxes(autorange="reversed").update_xaxes(tickangle=-45)
    return style.apply(figure, title, subtitle, height=560)
