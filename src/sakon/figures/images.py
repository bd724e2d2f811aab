"""Many small images as one picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sakon.figures import style
from sakon.lazy import go

LARGEST_WIDTH = 1000
CELL = 64


def image_grid(
    images: np.ndarray,
    title: str,
    subtitle: str = "",
    row_labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
) -> go.Figure:
    """Draw a table of images.

    Args:
        images: Values in [0, 1], clipped to it, (rows, columns, height, width, channels); the mean of
            the channels is drawn unless there are three or four.
        title: What one sees.
        subtitle: What one must know to read it.
        row_labels: Label of each row.
        column_labels: Label of each column.
    """
    rows, columns, height, width = images.shape[:4]
    picture = mosaic(images)
    if picture.shape[-1] in (3, 4):
        trace = go.Image(z=np.nan_to_num(np.clip(picture, 0, 1), nan=1.0) * 255, hoverinfo="skip")
    else:
        shade = {"colorscale": "gray", "zmin": 0, "zmax": 1, "showscale": False, "hoverinfo": "skip"}
        trace = go.Heatmap(z=picture.mean(axis=-1), **shade)
    figure = go.Figure(trace)
    across = [column * (width + 1) + (width - 1) / 2 for column in range(columns)]
    down = [row * (height + 1) + (height - 1) / 2 for row in range(rows)]
    plain = {"showgrid": False, "showline": False, "ticks": "", "constrain": "domain"}
    figure.update_xaxes(tickvals=across, ticktext=list(column_labels), side="top", **plain)
    figure.update_yaxes(tickvals=down, ticktext=list(row_labels), autorange="reversed", scaleanchor="x", **plain)
    if not column_labels:
        figure.update_xaxes(showticklabels=False)
    if not row_labels:
        figure.update_yaxes(showticklabels=False)
    cell = min(CELL, LARGEST_WIDTH // columns)
    return style.finish(figure, title, subtitle, height=int(cell * rows * height / width) + 150)


def mosaic(images: np.ndarray) -> np.ndarray:
    """Return images side by side with a gap of one pixel, which is NaN.

    Args:
        images: (rows, columns, height, width, channels).

    Returns:
        One image, (rows · (height + 1) − 1, columns · (width + 1) − 1, channels).
    """
    framed = np.pad(images.astype(float), ((0, 0), (0, 0), (0, 1), (0, 1), (0, 0)), constant_values=np.nan)
    rows, columns, height, width, channels = framed.shape
    return framed.transpose(0, 2, 1, 3, 4).reshape(rows * height, columns * width, channels)[:-1, :-1]
