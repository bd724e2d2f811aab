"""Figures of generative models: samples, samples by epoch, distributions and nearest training examples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sakon.figures import style
from sakon.figures.images import image_grid, label_mosaic, mosaic_trace
from sakon.lazy import go

MAX_FEATURES = 9
MAX_CORRELATED_FEATURES = 30
MAX_TICK_LABELS = 15
COLUMNS = 3
REAL, SYNTHETIC = style.TRAIN, style.VALIDATION


def sample_grid(family: str, rows: Sequence[np.ndarray], labels: Sequence[str]) -> go.Figure:
    """Draw images that a model generated, a row per class or level of the target.

    Args:
        family: Name of the family.
        rows: Images of each row, (images, height, width, channels) in [0, 1].
        labels: Label of each row.
    """
    if not rows:
        return style.empty_figure(f"{family}: samples", f"{family} has not generated samples yet.")
    subtitle = "Each row was generated for the class, or the value of the target, on its left."
    return image_grid(rows, f"{family}: samples", subtitle, labels)


def samples_by_epoch(family: str, epochs: Sequence[int], samples: np.ndarray, labels: Sequence[str]) -> go.Figure:
    """Draw images generated for the same targets from the same noise at several epochs.

    Args:
        family: Name of the family.
        epochs: Epochs, from 1.
        samples: Images in [0, 1], (epochs, targets, height, width, channels).
        labels: Label of each target.
    """
    title = f"{family}: samples by epoch"
    if not len(epochs):
        return style.empty_figure(title, f"No epoch of {family} has been recorded yet.")
    subtitle = "Every epoch uses the same targets (top) and the same noise."
    return image_grid(list(samples), title, subtitle, [f"epoch {epoch}" for epoch in epochs], labels)


def sample_scatter_by_epoch(
    family: str, epochs: Sequence[int], samples: np.ndarray, real: np.ndarray, names: Sequence[str]
) -> go.Figure:
    """Draw the first two features of samples at several epochs, on top of those of real data.

    Args:
        family: Name of the family.
        epochs: Epochs, from 1.
        samples: First one or two features of the samples, (epochs, rows, 1 or 2).
        real: The same features of real data, (rows, 1 or 2).
        names: Names of the features.
    """
    title = f"{family}: samples by epoch"
    if not len(epochs):
        return style.empty_figure(title, f"No epoch of {family} has been recorded yet.")
    titles = [f"epoch {epoch}" for epoch in epochs]
    return real_and_synthetic_scatter(title, "First two preprocessed inputs.", titles, samples, real, names)


def real_and_synthetic_scatter(
    title: str, subtitle: str, titles: Sequence[str], samples: np.ndarray, real: np.ndarray, names: Sequence[str]
) -> go.Figure:
    """Draw one or two features of several sets of samples, each on top of the same features of real data.

    Args:
        title: Title of the figure.
        subtitle: How to read the figure.
        titles: Title of each panel.
        samples: Samples of each panel, (panels, rows, 1 or 2).
        real: Real data, (rows, 1 or 2).
        names: Names of the features.
    """
    figure, height = style.subplots(list(titles), COLUMNS, 320)
    for index, synthetic in enumerate(samples):
        for values, name, colour in ((real[: len(synthetic)], "real", REAL), (synthetic, "synthetic", SYNTHETIC)):
            position = style.subplot_position(index, min(COLUMNS, len(titles)))
            figure.add_trace(_markers(values, name, colour), **position)
    style.deduplicate_legend(figure)
    figure.update_xaxes(title_text=style.shorten(names[0]), range=_padded_range(real[:, 0]))
    if real.shape[1] > 1:
        figure.update_yaxes(title_text=style.shorten(names[1]), range=_padded_range(real[:, 1]))
    return style.apply(figure, title, subtitle, height=height, legend=_legend(height))


def feature_distributions(family: str, real: np.ndarray, synthetic: np.ndarray, names: Sequence[str]) -> go.Figure:
    """Draw the distributions of the features that differ most, and the correlations, of real and synthetic data.

    Args:
        family: Name of the family.
        real: Real examples, (rows, features).
        synthetic: Generated samples, (other rows, features).
        names: Names of the features.
    """
    distances = np.array([_wasserstein_distance(real[:, i], synthetic[:, i]) for i in range(real.shape[1])])
    selected = np.argsort(-distances, kind="stable")[:MAX_FEATURES]
    varying = np.flatnonzero(real.std(axis=0) > 0)[:MAX_CORRELATED_FEATURES]
    titles = [f"{style.shorten(names[i])} ({distances[i]:.2f})" for i in selected]
    titles += [""] * (-len(titles) % COLUMNS)  # fill the row, so that the correlations begin a new one
    maps = ["correlations: real", "correlations: synthetic", "correlations: difference"] if len(varying) > 1 else []
    figure, height = style.subplots([*titles, *maps], COLUMNS, 290)
    columns = min(COLUMNS, len(titles) + len(maps))
    for index, feature in enumerate(selected):
        for values, name, colour in (
            (real[:, feature], "real", REAL),
            (synthetic[:, feature], "synthetic", SYNTHETIC),
        ):
            position = style.subplot_position(index, columns)
            figure.add_trace(_histogram(values, np.r_[real[:, feature]], name, colour), **position)
    if maps:
        a, b = (_correlations(values[:, varying]) for values in (real, synthetic))
        _add_correlations(figure, (a, b, a - b), [names[i] for i in varying], len(titles), columns)
    for index in range(len(selected), len(titles)):
        figure.update_xaxes(visible=False, **style.subplot_position(index, columns))
        figure.update_yaxes(visible=False, **style.subplot_position(index, columns))
    style.deduplicate_legend(figure)
    figure.update_traces(showlegend=False, selector={"type": "heatmap"})
    subtitle = (
        "Preprocessed inputs; those whose distributions differ most come first. In brackets: Wasserstein distance in "
        "standard deviations.<br>Correlations: red is positive, blue is negative."
    )
    title = f"{family}: real and synthetic inputs"
    return style.apply(figure, title, subtitle, height=height, legend=_legend(height), barmode="overlay")


def _add_correlations(
    figure: go.Figure, maps: Sequence[np.ndarray], names: Sequence[str], first: int, columns: int
) -> None:
    step = -(-len(names) // MAX_TICK_LABELS)
    labels = [style.shorten(name, 14) for name in names]  # no category axis: it would merge equal labels
    ticks = {"tickvals": list(range(len(names)))[::step], "ticktext": labels[::step], "tickfont": {"size": 10}}
    for index, values in enumerate(maps, start=first):
        position = style.subplot_position(index, columns)
        figure.add_trace(_correlation_heatmap(values, names), **position)
        figure.update_xaxes(tickangle=90, **ticks, **position)
        figure.update_yaxes(showticklabels=index == first, **ticks, **position)


def nearest_neighbour_distances(
    family: str,
    samples_to_train: np.ndarray,
    validation_to_train: np.ndarray,
    ratio: float,
    pairs: tuple[np.ndarray, np.ndarray] | None = None,
) -> go.Figure:
    """Draw the distances of samples to their nearest training examples and, for images, some of these pairs.

    Args:
        family: Name of the family.
        samples_to_train: Distance of each sample to its nearest training example.
        validation_to_train: Distance of each validation example to its nearest training example.
        ratio: Median distance of samples divided by that of validation examples.
        pairs: Samples and their nearest training examples, as images in [0, 1]; `None` if they are no images.
    """
    from plotly.subplots import make_subplots

    rows = 1 if pairs is None else 2
    figure = make_subplots(rows, 1, row_heights=[0.4, 0.6] if pairs else None, vertical_spacing=0.12)
    distances = np.r_[validation_to_train, samples_to_train]
    inner = distances[distances <= np.quantile(distances, 0.99)]  # an outlier would compress the rest
    for values, name, colour in (
        (validation_to_train, "validation → train", REAL),
        (samples_to_train, "sample → train", SYNTHETIC),
    ):
        figure.add_trace(_histogram(values, inner, name, colour), row=rows, col=1)
    figure.update_xaxes(title_text="Distance to the nearest training example", row=rows, col=1)
    figure.update_yaxes(title_text="Share", row=rows, col=1)
    if pairs is not None:
        figure.add_trace(mosaic_trace(pairs), row=1, col=1)
        label_mosaic(figure, pairs, ["sample", "nearest"])
    height = style.HEIGHT + (180 if pairs is not None else 0)
    subtitle = (
        f"Median distance of samples divided by that of validation examples: {ratio:.2f}. About 1 is ideal; far below "
        "1, samples are copies.<br>The last bar includes all larger distances."
    )
    title = f"{family}: samples and their nearest training examples"
    return style.apply(figure, title, subtitle, height=height, legend=_legend(height), barmode="overlay")


def _markers(values: np.ndarray, name: str, colour: str) -> go.Scatter:
    x = values[:, 0]
    y = values[:, 1] if values.shape[1] > 1 else np.zeros(len(values))
    return go.Scatter(x=x, y=y, name=name, legendgroup=name, mode="markers", marker={"color": colour, "size": 4})


def _padded_range(values: np.ndarray) -> list[float]:
    low, high = float(values.min()), float(values.max())
    padding = 0.1 * (high - low) or 1.0
    return [low - padding, high + padding]


def _histogram(values: np.ndarray, reference: np.ndarray, name: str, colour: str, bins: int = 40) -> go.Bar:
    """Return shares of values in bins over the range of `reference`; the first and last bin include values outside."""
    low, high = float(reference.min()), float(reference.max())
    edges = np.linspace(low, high if high > low else low + 1, bins + 1)
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    centres = (edges[:-1] + edges[1:]) / 2
    width = float(edges[1] - edges[0])
    shares = counts / max(len(values), 1)
    return go.Bar(x=centres, y=shares, width=width, name=name, legendgroup=name, marker={"color": colour}, opacity=0.6)


def _wasserstein_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Return the Wasserstein-1 distance in standard deviations of `a`, from a hundred quantiles."""
    levels = (np.arange(100) + 0.5) / 100
    scale = float(a.std())
    return float(np.abs(np.quantile(a, levels) - np.quantile(b, levels)).mean()) / (scale if scale > 0 else 1.0)


def _correlations(x: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.nan_to_num(np.corrcoef(x, rowvar=False)))


def _correlation_heatmap(values: np.ndarray, names: Sequence[str]) -> go.Heatmap:
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


def _legend(height: int) -> dict[str, object]:
    return {"orientation": "h", "x": 1, "xanchor": "right", "y": 1 - 60 / height, "yref": "container"}
