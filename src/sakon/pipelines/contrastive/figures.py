"""Figures of the family `contrastive`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sakon.families import family_of
from sakon.figures import style
from sakon.figures.images import image_grid
from sakon.figures.scatter import scatter_by_target
from sakon.lazy import go, pd
from sakon.wording import pluralise

FAMILY = family_of(__name__)
MAX_FEATURES = 40
PROBE, FROM_SCRATCH = "probe", "from scratch"


class MethodStyle(NamedTuple):
    """How a method of the label fractions is drawn.

    Attributes:
        label: Name in the legend.
        colour: Colour of line and points.
        shift: Factor of the x values, so that the error bars of the methods do not overlap.
    """

    label: str
    colour: str
    shift: float


METHOD_STYLES = {
    PROBE: MethodStyle("linear probe on the representation", style.VALIDATION, 1.03),
    FROM_SCRATCH: MethodStyle("same encoder, trained from scratch", style.TRAIN, 1 / 1.03),
}


def label_fractions(table: pd.DataFrame) -> go.Figure:
    """Draw the metric by fraction of the train labels: mean and standard deviation of the draws, and each draw.

    Args:
        table: `fraction`, `labels`, `draw`, `method`, `epochs`, and the metric in the last column; empty if there was
            no time to compare.
    """
    title = f"{FAMILY}: label efficiency"
    if table.empty:
        return style.empty_figure(title, "The time of the family was used up before.")
    metric = str(table.columns[-1])
    figure = go.Figure()
    for method, rows in table.groupby("method"):
        values = rows.groupby("fraction")[metric].agg(["mean", "std"]).fillna(0.0)
        label, colour, shift = METHOD_STYLES[str(method)]
        figure.add_scatter(
            x=values.index * shift, y=values["mean"], error_y={"array": values["std"], "thickness": 1.5, "width": 6},
            name=label, line={"color": colour, "width": 2}, marker={"size": 9}, mode="lines+markers",
        )  # fmt: skip
        figure.add_scatter(
            x=rows["fraction"] * shift, y=rows[metric], mode="markers", showlegend=False, hoverinfo="skip",
            marker={"color": colour, "size": 5, "opacity": 0.5},
        )  # fmt: skip
    ticks = table.drop_duplicates("fraction")
    texts = [f"{share * 100:g}%<br>{rows:,}" for share, rows in zip(ticks["fraction"], ticks["labels"], strict=True)]
    figure.update_xaxes(type="log", tickvals=ticks["fraction"], ticktext=texts, title_text="train labels")
    figure.update_yaxes(title_text=f"{style.metric_label(metric)} on validation")
    draws, epochs = int(table["draw"].max()), int(table["epochs"].max())
    samples = f"Mean and standard deviation of {draws} random samples" if draws > 1 else "One random sample"
    points = "; small points: single samples" if draws > 1 else ""
    subtitle = (
        f"{samples} of the labels for each fraction below 100%{points}.<br>Training from scratch "
        f"({epochs:,} {pluralise('epoch', epochs)}) uses the same augmentation, but only the labelled examples."
    )
    return style.apply(figure, title, subtitle, legend=_legend_above())


def image_views(x: np.ndarray, first: np.ndarray, second: np.ndarray) -> go.Figure:
    """Draw images and two views of each.

    Args:
        x: Images in [0, 1], (rows, height, width, channels).
        first: First view of each, of the same shape.
        second: Second view of each, of the same shape.
    """
    title = f"{FAMILY}: positive pairs"
    subtitle = "Each column: an example and two random views of it."
    return image_grid([x, first, second], title, subtitle, ("example", "view 1", "view 2"))


def corrupted_views(x: np.ndarray, corrupted: np.ndarray, names: Sequence[str]) -> go.Figure:
    """Draw examples and their corrupted views as heatmaps, one row per example.

    Args:
        x: Inputs, (rows, features) or (rows, steps, channels).
        corrupted: Corrupted views, of the same shape.
        names: Names of the features; may be empty.
    """
    from plotly.subplots import make_subplots

    x, corrupted = (values.reshape(len(values), -1)[::-1, :MAX_FEATURES].astype(float) for values in (x, corrupted))
    short = [style.shorten(name) for name in names[:MAX_FEATURES]] or [str(i + 1) for i in range(x.shape[1])]
    labels = [f"{i + 1}. {name}" for i, name in enumerate(short)] if len(set(short)) < len(short) else short
    titles = ("Examples", "Corrupted views: the values taken from another row")
    figure = make_subplots(rows=2, cols=1, subplot_titles=titles, shared_xaxes=True, vertical_spacing=0.08)
    limit = float(np.quantile(np.abs(x), 0.98)) or 1.0
    layout = {"x": labels, "zmin": -limit, "zmax": limit, "colorscale": "RdBu_r", "xgap": 1, "ygap": 1}
    figure.add_trace(go.Heatmap(z=x, colorbar={"title": "input"}, **layout), row=1, col=1)
    replaced = np.where(corrupted == x, np.nan, corrupted)
    figure.add_trace(go.Heatmap(z=replaced, showscale=False, **layout), row=2, col=1)
    figure.update_yaxes(visible=False)
    figure.update_xaxes(tickangle=-45, row=2, col=1)
    subtitle = f"One row per example; {'first ' if x.shape[1] == MAX_FEATURES else ''}{x.shape[1]} inputs."
    title = f"{FAMILY}: positive pairs"
    return style.apply(figure, title, subtitle, height=620)


def embedding(positions: np.ndarray, variances: np.ndarray, target: np.ndarray, classes: Sequence[object]) -> go.Figure:
    """Draw the first two principal components of the representation.

    Args:
        positions: Coordinates, (rows, 2).
        variances: Fraction of the variance on each axis, (2,).
        target: Class indices, or the target in its own unit, (rows,).
        classes: Labels in order; empty for numbers.
    """
    figure = scatter_by_target(positions, target, classes)
    axes = ((figure.update_xaxes, "First"), (figure.update_yaxes, "Second"))
    for (update, number), variance, values in zip(axes, variances, positions.T, strict=True):
        update(title_text=f"{number} principal component ({variance:.0%} of the variance)", range=_range(values))
    subtitle = (
        "Validation examples, coloured by the target, which is not used to learn the representation."
        "<br>Up to 1% of the points are outside; double-click to show them."
    )
    return style.apply(figure, f"{FAMILY}: representation in two dimensions", subtitle, height=600)


def _range(values: np.ndarray) -> list[float]:
    """Return the range of 99% of the values plus a margin, so that outliers do not shrink the rest."""
    low, high = np.quantile(values, [0.005, 0.995])
    margin = 0.1 * (high - low) or 1.0
    return [float(low - margin), float(high + margin)]


def _legend_above() -> dict[str, object]:
    return {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"}
