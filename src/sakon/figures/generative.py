"""What a generator draws: samples, how they came about, and how near they are to what was learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sakon.figures import style
from sakon.figures.images import image_grid, label_mosaic, mosaic_trace
from sakon.lazy import go

MOST_FEATURES = 9
MOST_CORRELATED = 30
MOST_LABELS = 15
COLUMNS = 3
REAL, SYNTHETIC = style.TRAIN, style.VALIDATION


def sample_grid(family: str, rows: Sequence[np.ndarray], labels: Sequence[str]) -> go.Figure:
    """Draw samples, a row for each class or level of the target.

    Args:
        family: Name of the family.
        rows: Images of each row, (number, height, width, channels) in [0, 1].
        labels: Name of each row.
    """
    if not rows:
        return style.empty_figure(f"{family}: samples", f"No sample of {family} has been drawn yet.")
    subtitle = "Each row was drawn for one class, or one level of the target, which stands before it."
    return image_grid(rows, f"{family}: samples", subtitle, labels)


def samples_by_epoch(family: str, epochs: Sequence[int], seen: np.ndarray, labels: Sequence[str]) -> go.Figure:
    """Draw samples for the same targets from the same noise at several epochs.

    Args:
        family: Name of the family.
        epochs: Epochs, from 1.
        seen: Images in [0, 1], (epochs, targets, height, width, channels).
        labels: Name of each target.
    """
    title = f"{family}: how samples came about"
    if not len(epochs):
        return style.empty_figure(title, f"No epoch of {family} has been recorded yet.")
    subtitle = "The same targets, above, and the same noise at every epoch."
    return image_grid(list(seen), title, subtitle, [f"epoch {epoch}" for epoch in epochs], labels)


def sample_scatter_by_epoch(
    family: str, epochs: Sequence[int], seen: np.ndarray, real: np.ndarray, names: Sequence[str]
) -> go.Figure:
    """Draw the first two features of samples at several epochs over those of the data.

    Args:
        family: Name of the family.
        epochs: Epochs, from 1.
        seen: First one or two features, (epochs, rows, 1 or 2).
        real: The same of the data, (rows, 1 or 2).
        names: Of the two features.
    """
    title = f"{family}: how samples came about"
    if not len(epochs):
        return style.empty_figure(title, f"No epoch of {family} has been recorded yet.")
    titles = [f"epoch {epoch}" for epoch in epochs]
    return real_and_synthetic_scatter(title, "First two inputs as the network reads them.", titles, seen, real, names)


def real_and_synthetic_scatter(
    title: str, subtitle: str, titles: Sequence[str], seen: np.ndarray, real: np.ndarray, names: Sequence[str]
) -> go.Figure:
    """Draw one or two features of samples at several moments, each over those of the data.

    Args:
        title: What one sees.
        subtitle: How to read it.
        titles: Name of each moment.
        seen: (moments, rows, 1 or 2).
        real: (rows, 1 or 2).
        names: Of the features.
    """
    figure, height = style.subplots(list(titles), COLUMNS, 320)
    for index, drawn in enumerate(seen):
        for values, name, colour in ((real[: len(drawn)], "real", REAL), (drawn, "synthetic", SYNTHETIC)):
            where = style.subplot_position(index, min(COLUMNS, len(titles)))
            figure.add_trace(_points(values, name, colour), **where)
    style.deduplicate_legend(figure)
    figure.update_xaxes(title_text=style.shorten(names[0]), range=_range(real[:, 0]))
    if real.shape[1] > 1:
        figure.update_yaxes(title_text=style.shorten(names[1]), range=_range(real[:, 1]))
    return style.apply(figure, title, subtitle, height=height, legend=_legend(height))


def distributions(family: str, real: np.ndarray, synthetic: np.ndarray, names: Sequence[str]) -> go.Figure:
    """Draw the distribution of the features that differ most, and all correlations, real against synthetic.

    Args:
        family: Name of the family.
        real: Examples, (rows, features).
        synthetic: Samples, (other rows, features).
        names: Of the features.
    """
    gaps = np.array([_gap(real[:, i], synthetic[:, i]) for i in range(real.shape[1])])
    shown = np.argsort(-gaps, kind="stable")[:MOST_FEATURES]
    varying = np.flatnonzero(real.std(axis=0) > 0)[:MOST_CORRELATED]
    titles = [f"{style.shorten(names[i])} ({gaps[i]:.2f})" for i in shown]
    titles += [""] * (-len(titles) % COLUMNS)  # so that the correlations have a row of their own
    maps = ["correlations, real", "correlations, synthetic", "their difference"] if len(varying) > 1 else []
    figure, height = style.subplots([*titles, *maps], COLUMNS, 290)
    columns = min(COLUMNS, len(titles) + len(maps))
    for index, feature in enumerate(shown):
        for values, name, colour in (
            (real[:, feature], "real", REAL),
            (synthetic[:, feature], "synthetic", SYNTHETIC),
        ):
            where = style.subplot_position(index, columns)
            figure.add_trace(_histogram(values, np.r_[real[:, feature]], name, colour), **where)
    if maps:
        a, b = (_correlations(values[:, varying]) for values in (real, synthetic))
        _add_correlations(figure, (a, b, a - b), [names[i] for i in varying], len(titles), columns)
    for index in range(len(shown), len(titles)):
        figure.update_xaxes(visible=False, **style.subplot_position(index, columns))
        figure.update_yaxes(visible=False, **style.subplot_position(index, columns))
    style.deduplicate_legend(figure)
    figure.update_traces(showlegend=False, selector={"type": "heatmap"})
    subtitle = (
        "Inputs as the network reads them; those whose distributions differ most come first: in brackets how far,"
        "<br>the Wasserstein distance in standard deviations. Correlations: red rise together, blue against each other."
    )
    title = f"{family}: real and synthetic inputs"
    return style.apply(figure, title, subtitle, height=height, legend=_legend(height), barmode="overlay")


def _add_correlations(
    figure: go.Figure, maps: Sequence[np.ndarray], names: Sequence[str], first: int, columns: int
) -> None:
    step = -(-len(names) // MOST_LABELS)
    short = [style.shorten(name, 14) for name in names]  # no category axis: it would merge equal ones
    ticks = {"tickvals": list(range(len(names)))[::step], "ticktext": short[::step], "tickfont": {"size": 10}}
    for index, values in enumerate(maps, start=first):
        where = style.subplot_position(index, columns)
        figure.add_trace(_heatmap(values, names), **where)
        figure.update_xaxes(tickangle=90, **ticks, **where)
        figure.update_yaxes(showticklabels=index == first, **ticks, **where)


def nearest_neighbour_distances(
    family: str,
    to_train: np.ndarray,
    usual: np.ndarray,
    ratio: float,
    pairs: tuple[np.ndarray, np.ndarray] | None = None,
) -> go.Figure:
    """Draw how far samples are from the training examples, and some beside their nearest ones.

    Args:
        family: Name of the family.
        to_train: Distance of each sample to its nearest training example.
        usual: The same for validation examples.
        ratio: Median of the one by that of the other.
        pairs: Samples and their nearest training examples, images in [0, 1], if they are images.
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(1 + (pairs is not None), 1, row_heights=[0.4, 0.6] if pairs else None, vertical_spacing=0.12)
    last = 1 + (pairs is not None)
    both = np.r_[usual, to_train]
    shown = both[both <= np.quantile(both, 0.99)]  # one far off would leave no room for the rest
    for values, name, colour in ((usual, "validation → train", REAL), (to_train, "sample → train", SYNTHETIC)):
        figure.add_trace(_histogram(values, shown, name, colour), row=last, col=1)
    figure.update_xaxes(title_text="Distance to the nearest training example", row=last, col=1)
    figure.update_yaxes(title_text="Share", row=last, col=1)
    if pairs is not None:
        figure.add_trace(mosaic_trace(pairs), row=1, col=1)
        label_mosaic(figure, pairs, ["sample", "nearest"])
    height = style.HEIGHT + (180 if pairs is not None else 0)
    subtitle = (
        f"Median distance of a sample is {ratio:.2f} of that of a validation example: about 1 is as it should be,"
        " far below 1 samples are copies.<br>The last bar holds all that are farther."
    )
    title = f"{family}: samples and their nearest training examples"
    return style.apply(figure, title, subtitle, height=height, legend=_legend(height), barmode="overlay")


def _points(values: np.ndarray, name: str, colour: str) -> go.Scatter:
    x = values[:, 0]
    y = values[:, 1] if values.shape[1] > 1 else np.zeros(len(values))
    return go.Scatter(x=x, y=y, name=name, legendgroup=name, mode="markers", marker={"color": colour, "size": 4})


def _range(values: np.ndarray) -> list[float]:
    low, high = float(values.min()), float(values.max())
    room = 0.1 * (high - low) or 1.0
    return [low - room, high + room]


def _histogram(values: np.ndarray, over: np.ndarray, name: str, colour: str, bins: int = 40) -> go.Bar:
    """Return shares of values in bins over the range of `over`; what lies outside counts at the ends."""
    low, high = float(over.min()), float(over.max())
    edges = np.linspace(low, high if high > low else low + 1, bins + 1)
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    middles = (edges[:-1] + edges[1:]) / 2
    width = float(edges[1] - edges[0])
    shares = counts / max(len(values), 1)
    return go.Bar(x=middles, y=shares, width=width, name=name, legendgroup=name, marker={"color": colour}, opacity=0.6)


def _gap(a: np.ndarray, b: np.ndarray) -> float:
    """Return the Wasserstein-1 distance in standard deviations of `a`, from a hundred quantiles."""
    shares = (np.arange(100) + 0.5) / 100
    scale = float(a.std())
    return float(np.abs(np.quantile(a, shares) - np.quantile(b, shares)).mean()) / (scale if scale > 0 else 1.0)


def _correlations(x: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.nan_to_num(np.corrcoef(x, rowvar=False)))


def _heatmap(values: np.ndarray, names: Sequence[str]) -> go.Heatmap:
    pairs = [[f"{row} – {column}" for column in names] for row in names]
    return go.Heatmap(
        z=values,
        text=pairs,
        zmin=-1,
        zmax=1,
        colorscale="RdBu_r",
        showscale=False,
        hovertemplate="%{text}: %{z:.2f}<extra></extra>",
    )


def _legend(height: int) -> dict[str, Any]:
    return {"orientation": "h", "x": 1, "xanchor": "right", "y": 1 - 60 / height, "yref": "container"}
