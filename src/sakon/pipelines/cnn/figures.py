"""Figures of the cnn."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from sakon.families import family_of
from sakon.figures import style
from sakon.lazy import go

FAMILY = family_of(__name__)
MAX_FILTERS = 32
COLUMNS = 8
TOKENS_PER_LINE = 22
LINE_HEIGHT = 17
HEAT = [[0, "#9aa5b1"], [0.5, "#52606d"], [1, "#d9001b"]]


def filter_grid(kernels: np.ndarray) -> go.Figure:
    """Draw the kernels of the first convolution: red is positive, blue is negative.

    Args:
        kernels: (height, width, filters); height is 1 for sequences.
    """
    from plotly.subplots import make_subplots

    filters = kernels[..., :MAX_FILTERS]
    rows = -(-filters.shape[-1] // COLUMNS)
    limit = float(np.abs(filters).max())
    figure = make_subplots(rows=rows, cols=COLUMNS, horizontal_spacing=0.01, vertical_spacing=0.02)
    for i in range(filters.shape[-1]):
        heatmap = go.Heatmap(z=filters[::-1, :, i], zmin=-limit, zmax=limit, colorscale="RdBu_r", showscale=i == 0)
        figure.add_trace(heatmap, **style.subplot_position(i, COLUMNS))
    _hide_axes(figure)
    return style.apply(
        figure,
        f"{FAMILY}: filters of the first layer",
        "Red: positive weights; blue: negative weights.",
        height=110 * rows + 130,
    )


def attention_grid(x: np.ndarray, heat: np.ndarray, captions: Sequence[str]) -> go.Figure:
    """Draw examples above their Grad-CAM heat maps.

    Args:
        x: Examples, (rows, height, width, channels), (rows, steps, channels) or (rows, features).
        heat: In [0, 1], (rows, height, width) or (rows, steps).
        captions: Target and prediction of each.
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(
        rows=2, cols=len(x), subplot_titles=list(captions), horizontal_spacing=0.01, vertical_spacing=0.03
    )
    for i, (example, example_heat) in enumerate(zip(_as_grids(x), _as_grids(heat), strict=True), start=1):
        figure.add_trace(go.Heatmap(z=example[::-1], colorscale="gray", showscale=False), row=1, col=i)
        figure.add_trace(
            go.Heatmap(z=example_heat[::-1], colorscale="Inferno", zmin=0, zmax=1, showscale=False), row=2, col=i
        )
    _hide_axes(figure)
    title = f"{FAMILY}: regions behind the prediction (Grad-CAM)"
    return style.apply(figure, title, "Target → prediction; brighter regions contribute more.", height=400)


def attention_on_tokens(texts: Sequence[Sequence[str]], heat: np.ndarray, captions: Sequence[str]) -> go.Figure:
    """Draw texts with every token coloured by its Grad-CAM heat.

    Args:
        texts: Tokens of each text.
        heat: In [0, 1], (rows, steps).
        captions: Target and prediction of each.
    """
    from plotly.colors import sample_colorscale

    lines = []
    for tokens, example_heat, caption in zip(texts, heat, captions, strict=True):
        colours = sample_colorscale(HEAT, np.clip(example_heat[: len(tokens)], 0, 1).tolist()) if len(tokens) else []
        words = [
            f"<span style='color:{colour}'>{escape(token)}</span>"
            for token, colour in zip(tokens, colours, strict=True)
        ]
        lines += [f"<b>{escape(caption)}</b>"]
        lines += [" ".join(words[start : start + TOKENS_PER_LINE]) for start in range(0, len(words), TOKENS_PER_LINE)]
        lines += [""]
    figure = go.Figure()
    position = {"x": 0, "y": 1, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "top", "align": "left"}
    figure.add_annotation(text="<br>".join(lines), showarrow=False, **position)
    _hide_axes(figure)
    title, subtitle = (
        f"{FAMILY}: tokens behind the prediction (Grad-CAM)",
        "Target → prediction; redder tokens contribute more.",
    )
    return style.apply(figure, title, subtitle, height=130 + LINE_HEIGHT * len(lines))


def _as_grids(values: np.ndarray) -> np.ndarray:
    """Return (rows, height, width): colours averaged, sequences as one column from top to bottom."""
    if values.ndim == 4:
        return np.asarray(values.mean(axis=-1))
    return values if values.ndim == 3 else values[:, :, None]


def _hide_axes(figure: go.Figure) -> None:
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
