"""Grids of small images, drawn as one mosaic."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sakon.figures import style
from sakon.lazy import go

MAX_WIDTH = 1000
CELL_WIDTH = 64
"""Widths in pixels of the figure and of one image."""


def image_grid(
    rows: Sequence[np.ndarray],
    title: str,
    subtitle: str = "",
    row_labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
) -> go.Figure:
    """Draw rows of images.

    Args:
        rows: Images of each row, (images, height, width, channels), values in [0, 1]; rows may differ in length.
        title: Title of the figure.
        subtitle: How to read the figure.
        row_labels: Label of each row.
        column_labels: Label of each column.
    """
    height, width = rows[0].shape[1:3]
    figure = go.Figure(mosaic_trace(rows))
    label_mosaic(figure, rows, row_labels, column_labels)
    cell = min(CELL_WIDTH, MAX_WIDTH // max(len(row) for row in rows))
    return style.apply(figure, title, subtitle, height=int(cell * len(rows) * height / width) + 150)


def mosaic_trace(rows: Sequence[np.ndarray]) -> go.Image | go.Heatmap:
    """Return rows of images as one trace: in colour with three or four channels, else their mean in grey."""
    canvas = mosaic(rows)
    if canvas.shape[-1] in (3, 4):
        return go.Image(z=np.nan_to_num(np.clip(canvas, 0, 1), nan=1.0) * 255, hoverinfo="skip")
    grey = {"colorscale": "gray", "zmin": 0, "zmax": 1, "showscale": False, "hoverinfo": "skip"}
    return go.Heatmap(z=canvas.mean(axis=-1), **grey)


def mosaic(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Arrange rows of images in one array, with gaps of one pixel that are NaN.

    Args:
        rows: Images of each row, (images, height, width, channels).

    Returns:
        The mosaic, (rows · (height + 1) − 1, longest row · (width + 1) − 1, channels).
    """
    height, width, channels = rows[0].shape[1:]
    columns = max(len(row) for row in rows)
    canvas = np.full((len(rows) * (height + 1) - 1, columns * (width + 1) - 1, channels), np.nan)
    for i, row in enumerate(rows):
        for j, image in enumerate(row):
            top, left = i * (height + 1), j * (width + 1)
            canvas[top : top + height, left : left + width] = image
    return canvas


def label_mosaic(
    figure: go.Figure, rows: Sequence[np.ndarray], row_labels: Sequence[str] = (), column_labels: Sequence[str] = ()
) -> None:
    """Label the rows (left) and columns (top) of a mosaic in the first panel, and put its first row on top."""
    height, width = rows[0].shape[1:3]
    axis = {"showgrid": False, "showline": False, "ticks": "", "constrain": "domain"}
    y_centres = [row * (height + 1) + (height - 1) / 2 for row in range(len(row_labels))]
    x_centres = [column * (width + 1) + (width - 1) / 2 for column in range(len(column_labels))]
    figure.layout.yaxis.update(
        {"tickvals": y_centres, "ticktext": list(row_labels), "autorange": "reversed", "scaleanchor": "x", **axis}
    )
    figure.layout.xaxis.update({"tickvals": x_centres, "ticktext": list(column_labels), "side": "top", **axis})
