"""Figures of the family `vae`."""

from __future__ import annotations

import numpy as np

from sakon.families import family_of
from sakon.figures import style
from sakon.figures.images import image_grid
from sakon.figures.scatter import scatter_by_target
from sakon.lazy import go
from sakon.problem import InputSpec

FAMILY = family_of(__name__)
MAX_INPUTS = 30


def latent_space(positions: np.ndarray, y: np.ndarray, input_spec: InputSpec, width: int) -> go.Figure:
    """Draw codes as points, coloured by class or target.

    Args:
        positions: (rows, 2).
        y: Class indices, or the standardised target, (rows,).
        input_spec: Classes, or the unit of the target.
        width: Dimensions of the code.
    """
    figure = scatter_by_target(positions, input_spec.in_unit_of_target(y), input_spec.classes)
    projection = f"{width} dimensions projected by t-SNE, without the classes" if width > 2 else "unprojected"
    subtitle = f"Mean of the code of each validation example, {projection}."
    figure.update_xaxes(showticklabels=width <= 2).update_yaxes(showticklabels=width <= 2)
    return style.apply(figure, f"{FAMILY}: latent space", subtitle, height=620)


def traversal(decoded: np.ndarray, dimensions: np.ndarray, values: np.ndarray, input_spec: InputSpec) -> go.Figure:
    """Draw decoded inputs while one latent dimension varies.

    Args:
        decoded: Means of inputs, (dimensions, values, *shape).
        dimensions: Index of each dimension.
        values: Its values, ascending.
        input_spec: Names of the inputs.

    Returns:
        A row of images per dimension; for other kinds a heatmap of the change of each input from the lowest value
        of a dimension to the highest.
    """
    title, rows = f"{FAMILY}: latent traversal", [f"dimension {i}" for i in dimensions]
    if len(input_spec.shape) == 3:
        subtitle = "One latent dimension varies, the others stay at 0. Most active dimension first."
        return image_grid(list(decoded), title, subtitle, rows, [f"{value:g}" for value in values])
    change = (decoded[:, -1] - decoded[:, 0]).reshape(len(decoded), -1)
    inputs = np.sort(np.argsort(-np.abs(change).max(axis=0), kind="stable")[:MAX_INPUTS])
    limit = float(np.abs(change).max())
    heatmap = go.Heatmap(
        z=change[:, inputs],
        x=[style.shorten(input_spec.names[i]) for i in inputs],
        y=rows,
        zmin=-limit,
        zmax=limit,
        colorscale="RdBu_r",
        colorbar={"title": "change"},
    )
    subtitle = (
        f"Change of each input as one latent dimension goes from {values[0]:g} to {values[-1]:g} and the others stay "
        f"at 0. Most active dimension first."
    )
    figure = go.Figure(heatmap).update_yaxes(autorange="reversed").update_xaxes(tickangle=-45)
    return style.apply(figure, title, subtitle, height=560)
