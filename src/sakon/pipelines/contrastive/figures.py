"""Figures of contrastive learning's own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sakon.families import family_of
from sakon.figures import style
from sakon.figures.images import image_grid
from sakon.figures.scatter import scatter_by_target
from sakon.lazy import go, pd

FAMILY = family_of(__name__)
MOST_FEATURES = 40
WAY_COLOURS = {"probe": style.VALIDATION, "from scratch": style.TRAIN}
ASIDE = {"probe": 1.03, "from scratch": 1 / 1.03}  # so that their spreads do not cover each other
WAYS = {"probe": "linear probe on the representation", "from scratch": "same encoder from scratch"}


def label_fractions(table: pd.DataFrame) -> go.Figure:
    """Draw the metric over the share of train labels: mean and spread of the draws, and each draw.

    Args:
        table: `fraction`, `labels`, `draw`, `way`, and the metric in the last column.
    """
    metric = str(table.columns[-1])
    figure = go.Figure()
    for way, rows in table.groupby("way"):
        drawn = rows.groupby("fraction")[metric].agg(["mean", "std"]).fillna(0.0)
        colour, aside = WAY_COLOURS[str(way)], ASIDE[str(way)]
        figure.add_scatter(
            x=drawn.index * aside, y=drawn["mean"], error_y={"array": drawn["std"], "thickness": 1.5, "width": 6},
            name=WAYS[str(way)], line={"color": colour, "width": 2}, marker={"size": 9}, mode="lines+markers",
        )  # fmt: skip
        figure.add_scatter(
            x=rows["fraction"] * aside, y=rows[metric], mode="markers", showlegend=False, hoverinfo="skip",
            marker={"color": colour, "size": 5, "opacity": 0.5},
        )  # fmt: skip
    shares = table.drop_duplicates("fraction")
    ticks = [f"{share * 100:g}%<br>{rows:,}" for share, rows in zip(shares["fraction"], shares["labels"], strict=True)]
    figure.update_xaxes(type="log", tickvals=shares["fraction"], ticktext=ticks, title_text="Labels of train")
    figure.update_yaxes(title_text=f"{style.metric_label(metric)} on validation")
    subtitle = (
        "Mean and standard deviation over random draws of the labels; small points: each draw.<br>"
        "From scratch, the encoder sees the same views, but of the labelled examples alone."
    )
    return style.apply(figure, f"{FAMILY}: what few labels are worth", subtitle, legend=_legend_above())


def image_views(x: np.ndarray, first: np.ndarray, second: np.ndarray) -> go.Figure:
    """Draw images above two views of each.

    Args:
        x: Images in [0, 1], (rows, height, width, channels).
        first: The first view of each, as x.
        second: The second view of each, as x.
    """
    title = f"{FAMILY}: what it learns to recognise as the same"
    subtitle = "Each example above two random views of it."
    return image_grid([x, first, second], title, subtitle, ("example", "view", "view"))


def corrupted_views(x: np.ndarray, corrupted: np.ndarray, names: Sequence[str]) -> go.Figure:
    """Draw examples beside their corrupted view, one row each.

    Args:
        x: Inputs, (rows, features) or (rows, steps, channels).
        corrupted: The same, corrupted.
        names: Of the features; may be empty.
    """
    from plotly.subplots import make_subplots

    x, corrupted = (values.reshape(len(values), -1)[::-1, :MOST_FEATURES].astype(float) for values in (x, corrupted))
    shown = [style.shorten(name) for name in names[:MOST_FEATURES]] or [str(i + 1) for i in range(x.shape[1])]
    labels = [f"{i + 1}. {name}" for i, name in enumerate(shown)] if len(set(shown)) < len(shown) else shown
    titles = ("Example", "View: another row's value where it is coloured")
    figure = make_subplots(rows=2, cols=1, subplot_titles=titles, shared_xaxes=True, vertical_spacing=0.08)
    limit = float(np.quantile(np.abs(x), 0.98)) or 1.0
    look = {"x": labels, "zmin": -limit, "zmax": limit, "colorscale": "RdBu_r", "xgap": 1, "ygap": 1}
    figure.add_trace(go.Heatmap(z=x, colorbar={"title": "input"}, **look), row=1, col=1)
    kept = np.where(corrupted == x, np.nan, corrupted)
    figure.add_trace(go.Heatmap(z=kept, showscale=False, **look), row=2, col=1)
    figure.update_yaxes(visible=False)
    figure.update_xaxes(tickangle=-45, row=2, col=1)
    subtitle = f"One row per example; {'first ' if x.shape[1] == MOST_FEATURES else ''}{x.shape[1]} inputs."
    title = f"{FAMILY}: what it learns to recognise as the same"
    return style.apply(figure, title, subtitle, height=620)


def embedding(plane: np.ndarray, shares: np.ndarray, target: np.ndarray, classes: Sequence[object]) -> go.Figure:
    """Draw the representation's leading plane.

    Args:
        plane: Coordinates, (rows, 2).
        shares: Share of variance on each axis, (2,).
        target: Class index, or the target in its own unit, (rows,).
        classes: Labels in order; empty for numbers.
    """
    figure = scatter_by_target(plane, target, classes)
    axes = ((figure.update_xaxes, "First"), (figure.update_yaxes, "Second"))
    for (update, number), share, values in zip(axes, shares, plane.T, strict=True):
        update(title_text=f"{number} principal component ({share:.0%} of the variance)", range=_most_of(values))
    subtitle = (
        "Validation examples; the target, here the colour, was not read while the representation was learnt."
        "<br>The farthest 1% may lie outside: double-click to see them."
    )
    return style.apply(figure, f"{FAMILY}: its representation in two dimensions", subtitle, height=600)


def _most_of(values: np.ndarray) -> list[float]:
    """Return a range that holds 99% of the values and a margin: a few outliers would hide the rest."""
    low, high = np.quantile(values, [0.005, 0.995])
    margin = 0.1 * (high - low) or 1.0
    return [float(low - margin), float(high + margin)]


def _legend_above() -> dict[str, object]:
    return {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"}
