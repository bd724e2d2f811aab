"""Figures of the cnn's own."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from sakon.families import family_of
from sakon.figures import style
from sakon.lazy import go

FAMILY = family_of(__name__)
MOST_FILTERS = 32
COLUMNS = 8
TOKENS_IN_A_LINE = 22
LINE_HEIGHT = 17
HEAT = [[0, "#9aa5b1"], [0.5, "#52606d"], [1, "#d9001b"]]


def filter_grid(kernels: np.ndarray) -> go.Figure:
    """Draw the first filters: red adds, blue takes away.

    Args:
        kernels: (height, width, filters); height is 1 for sequences.
    """
    from plotly.subplots import make_subplots

    shown = kernels[..., :MOST_FILTERS]
    rows = -(-shown.shape[-1] // COLUMNS)
    limit = float(np.abs(shown).max())
    figure = make_subplots(rows=rows, cols=COLUMNS, horizontal_spacing=0.01, vertical_spacing=0.02)
    for i in range(shown.shape[-1]):
        heatmap = go.Heatmap(z=shown[::-1, :, i], zmin=-limit, zmax=limit, colorscale="RdBu_r", showscale=i == 0)
        figure.add_trace(heatmap, **style.subplot_position(i, COLUMNS))
    _without_axes(figure)
    return style.apply(figure, f"{FAMILY}: its first filters", "Red adds, blue takes away.", height=110 * rows + 130)


def attention_grid(x: np.ndarray, heat: np.ndarray, captions: Sequence[str]) -> go.Figure:
    """Draw examples above the places that moved the answer (Grad-CAM).

    Args:
        x: Examples, (rows, height, width, channels), (rows, steps, channels) or (rows, features).
        heat: In [0, 1], (rows, height, width) or (rows, steps).
        captions: What each is and what the network said.
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(
        rows=2, cols=len(x), subplot_titles=list(captions), horizontal_spacing=0.01, vertical_spacing=0.03
    )
    for i, (example, warmth) in enumerate(zip(_as_grids(x), _as_grids(heat), strict=True), start=1):
        figure.add_trace(go.Heatmap(z=example[::-1], colorscale="gray", showscale=False), row=1, col=i)
        figure.add_trace(
            go.Heatmap(z=warmth[::-1], colorscale="Inferno", zmin=0, zmax=1, showscale=False), row=2, col=i
        )
    _without_axes(figure)
    title = f"{FAMILY}: what it looked at (Grad-CAM)"
    return style.apply(figure, title, "True → predicted; the brighter, the more it moved the answer.", height=400)


def attention_on_tokens(texts: Sequence[Sequence[str]], heat: np.ndarray, captions: Sequence[str]) -> go.Figure:
    """Draw texts, every token in the colour of how much it moved the answer (Grad-CAM).

    Args:
        texts: Tokens of each text.
        heat: In [0, 1], (rows, steps).
        captions: What each is and what the network said.
    """
    from plotly.colors import sample_colorscale

    lines = []
    for tokens, warmth, caption in zip(texts, heat, captions, strict=True):
        colours = sample_colorscale(HEAT, np.clip(warmth[: len(tokens)], 0, 1).tolist()) if len(tokens) else []
        words = [
            f"<span style='color:{colour}'>{escape(token)}</span>"
            for token, colour in zip(tokens, colours, strict=True)
        ]
        lines += [f"<b>{escape(caption)}</b>"]
        lines += [" ".join(words[start : start + TOKENS_IN_A_LINE]) for start in range(0, len(words), TOKENS_IN_A_LINE)]
        lines += [""]
    figure = go.Figure()
    place = {"x": 0, "y": 1, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "top", "align": "left"}
    figure.add_annotation(text="<br>".join(lines), showarrow=False, **place)
    _without_axes(figure)
    title, subtitle = f"{FAMILY}: which words moved the answer (Grad-CAM)", "True → predicted; the redder, the more."
    return style.apply(figure, title, subtitle, height=130 + LINE_HEIGHT * len(lines))


def _as_grids(values: np.ndarray) -> np.ndarray:
    """Return (rows, height, width): colours averaged, sequences as one column from top to bottom."""
    if values.ndim == 4:
        return np.asarray(values.mean(axis=-1))
    return values if values.ndim == 3 else values[:, :, None]


def _without_axes(figure: go.Figure) -> None:
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
