"""Figures of the self-organizing map. Units are drawn as squares or hexagons, by the lattice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sakon.families import family_of
from sakon.figures import style
from sakon.lazy import go
from sakon.metrics.som import Lattice

FAMILY = family_of(__name__)
COLOUR_LEVELS = 32
OPACITY_LEVELS = 6
MAX_PLANES = 12
COLUMNS = 4
BORDER_GREY = 128
WHITE_TO_BLUE = ["rgb(255,255,255)", "rgb(8,81,156)"]
MAX_CLASSES = 30


def u_matrix(distances: np.ndarray, lattice: Lattice) -> go.Figure:
    """Draw the mean distance between the weights of each unit and its neighbours.

    Args:
        distances: Mean distance to the neighbours, (units,).
        lattice: Positions of the units.
    """
    figure = go.Figure()
    hover = [f"distance to neighbours {value:.3g}" for value in distances]
    _draw(figure, distances, lattice, "Viridis", hover, title="Distance")
    subtitle = "Mean distance between the weights of neighbouring units. Bright ridges separate dark clusters."
    return _finish(figure, lattice, f"{FAMILY}: U-matrix of {_format_size(lattice)}", subtitle)


def hit_map(hits: np.ndarray, lattice: Lattice) -> go.Figure:
    """Draw the number of examples by best-matching unit; a cross marks units without examples.

    Args:
        hits: Train examples by best-matching unit, (units,).
        lattice: Positions of the units.
    """
    figure = go.Figure()
    _draw(figure, hits, lattice, WHITE_TO_BLUE, [f"{count} examples" for count in hits], title="Examples")
    dead_units = lattice.positions()[hits == 0]
    cross = {"symbol": "x-thin", "size": 5, "color": style.FAINT, "line": {"width": 1, "color": style.FAINT}}
    figure.add_scatter(
        x=dead_units[:, 1], y=dead_units[:, 0], mode="markers", marker=cross, showlegend=False, hoverinfo="skip"
    )
    title = f"{FAMILY}: {len(dead_units)} of {lattice.units} units match no train example"
    return _finish(figure, lattice, title, "Train examples by best-matching unit. A cross marks units without any.")


def label_map(
    predictions: np.ndarray, hits: np.ndarray, lattice: Lattice, classes: Sequence[Any], target: str = "target"
) -> go.Figure:
    """Draw the prediction of each unit.

    Args:
        predictions: Probabilities, (units, classes), or the target in its unit, (units, 1).
        hits: Train examples by best-matching unit, (units,); units with examples are labelled if the labels fit.
        lattice: Positions of the units.
        classes: Labels in order; empty for regression.
        target: Name of the target.
    """
    figure = go.Figure()
    if not classes:
        hover = [f"{target} {style.format_number(value)}" for value in predictions[:, 0]]
        _draw(figure, predictions[:, 0], lattice, "Viridis", hover, title=style.shorten(target, 14))
        return _finish(
            figure, lattice, f"{FAMILY}: mean {target} by unit", "Prediction for examples that match the unit."
        )
    labels, probabilities = predictions.argmax(axis=1), predictions.max(axis=1)
    opacity_levels = np.minimum((probabilities * OPACITY_LEVELS).astype(int), OPACITY_LEVELS - 1)
    for index in np.unique(labels):
        colour = style.class_colour(int(index))
        for level in np.unique(opacity_levels[labels == index]):
            units = np.flatnonzero((labels == index) & (opacity_levels == level))
            figure.add_trace(_polygons(units, lattice, colour, opacity=(level + 1) / OPACITY_LEVELS))
        if len(classes) <= MAX_CLASSES:
            marker = {"color": colour, "symbol": "square", "size": 10}
            figure.add_scatter(x=[None], y=[None], mode="markers", marker=marker, name=str(classes[index]))
    _add_labels(figure, [str(classes[i]) for i in labels], probabilities, hits, lattice)
    subtitle = "Colour: predicted class; opacity: its probability. Units with train examples are labelled."
    return _finish(figure, lattice, f"{FAMILY}: predicted class by unit", subtitle)


def component_planes(
    codebook: np.ndarray, lattice: Lattice, shape: tuple[int, ...], features: Sequence[str]
) -> go.Figure:
    """Draw the weights of the units: one image per unit if examples are images, else one map per feature.

    Args:
        codebook: Weights of the units, (units, features).
        lattice: Positions of the units.
        shape: Shape of one example.
        features: Names of the features.
    """
    if len(shape) > 1:
        return _mosaic(codebook.reshape(-1, *shape), lattice)
    spread = codebook.std(axis=0)
    selected = np.sort(np.argsort(-spread, kind="stable")[:MAX_PLANES])
    names = [features[i] for i in selected]
    columns = min(COLUMNS, len(selected))
    figure, height = style.subplots([style.shorten(name, 28) for name in names], columns, 240, gap=40)
    for index, feature in enumerate(selected):
        where = style.subplot_position(index, columns)
        hover = [f"{names[index]} {value:.3g}" for value in codebook[:, feature]]
        _draw(figure, codebook[:, feature], lattice, "Viridis", hover, where=where)
    more = f" (the {len(selected)} of {len(spread)} with the largest spread)" if len(selected) < len(spread) else ""
    subtitle = (
        "Each feature has its own colour scale, from low (dark) to high (bright). Similar maps: correlated features."
    )
    return _finish(figure, lattice, f"{FAMILY}: weights by feature{more}", subtitle, height=height)


def _mosaic(images: np.ndarray, lattice: Lattice) -> go.Figure:
    """Draw the weights of every unit as an image; odd rows of a hexagonal lattice are shifted by half an image."""
    import plotly.express as px

    tiles = images if images.ndim == 4 else images.transpose(0, 2, 1)[..., None]  # sequences run from left to right
    if images.ndim != 4:
        tiles = (tiles - tiles.min()) / max(float(np.ptp(tiles)), 1e-9)
    tiles = np.round(255 * np.clip(tiles, 0, 1)).astype(np.uint8)
    tiles = tiles[..., :3] if tiles.shape[-1] >= 3 else np.repeat(tiles[..., :1], 3, axis=-1)
    tile_height, tile_width = tiles.shape[1] + 1, tiles.shape[2] + 1
    shift = tile_width // 2 if lattice.hexagonal else 0
    canvas = np.full((lattice.height * tile_height + 1, lattice.width * tile_width + 1 + shift, 3), 255, dtype=np.uint8)
    for unit, tile in enumerate(tiles):
        row, column = divmod(unit, lattice.width)
        top, left = row * tile_height, column * tile_width + shift * (row % 2)
        canvas[top : top + tile_height + 1, left : left + tile_width + 1] = BORDER_GREY
        canvas[top + 1 : top + tile_height, left + 1 : left + tile_width] = tile
    figure = go.Figure(px.imshow(canvas, binary_string=True).data)
    figure.update_traces(hoverinfo="skip", hovertemplate=None)
    figure.update_xaxes(visible=False).update_yaxes(visible=False)
    subtitle = "Each image shows the weights of one unit; neighbouring units have similar weights."
    width = 900
    height = int(np.clip(width * canvas.shape[0] / canvas.shape[1], 300, 1200)) + 110
    return style.apply(figure, f"{FAMILY}: weights of the units", subtitle, height=height)


def _draw(
    figure: go.Figure,
    values: np.ndarray,
    lattice: Lattice,
    scale: Any,
    hover: list[str],
    *,
    title: str = "",
    where: dict[str, int] | None = None,
) -> None:
    """Add units coloured by value, and a colour bar if there is a title."""
    from plotly.colors import sample_colorscale

    where = where or {}
    low, high = float(values.min()), float(values.max())
    bar = {"title": {"text": title}, "thickness": 14, "outlinewidth": 0}
    shared = {"colorscale": scale, "showscale": bool(title), "colorbar": bar}
    if not lattice.hexagonal:
        grid = (lattice.height, lattice.width)
        text = np.array(hover).reshape(grid)
        heatmap = go.Heatmap(z=values.reshape(grid), text=text, hovertemplate="%{text}<extra></extra>", **shared)
        figure.add_trace(heatmap, **where)
        return
    level = np.round((values - low) / max(high - low, 1e-12) * (COLOUR_LEVELS - 1)).astype(int)
    for step in np.unique(level):
        colour = sample_colorscale(scale, [step / (COLOUR_LEVELS - 1)])[0]
        figure.add_trace(_polygons(np.flatnonzero(level == step), lattice, colour), **where)
    positions = lattice.positions()
    marker = {"color": values, "opacity": 0, "size": 12, "cmin": low, "cmax": high, **shared}
    points = go.Scatter(x=positions[:, 1], y=positions[:, 0], mode="markers", marker=marker, text=hover)
    figure.add_trace(points.update(hovertemplate="%{text}<extra></extra>", showlegend=False), **where)


def _polygons(units: np.ndarray, lattice: Lattice, colour: str, opacity: float = 1.0) -> go.Scatter:
    """Return units as filled squares or hexagons of one colour."""
    if lattice.hexagonal:
        angles = np.pi / 6 + np.pi / 3 * np.arange(7)
        corners = np.stack([np.sin(angles), np.cos(angles)], axis=1) / np.sqrt(3)
    else:
        corners = np.array([[-0.5, -0.5], [-0.5, 0.5], [0.5, 0.5], [0.5, -0.5], [-0.5, -0.5]])
    outlines = lattice.positions()[units][:, None] + corners
    gaps = np.full((len(units), 1, 2), np.nan)  # plotly breaks the line at NaN
    outlines = np.concatenate([outlines, gaps], axis=1).reshape(-1, 2)
    line = {"color": "white" if opacity < 1 else colour, "width": 0.5}
    style_of_fill = {"fill": "toself", "fillcolor": colour, "opacity": opacity, "mode": "lines", "line": line}
    return go.Scatter(x=outlines[:, 1], y=outlines[:, 0], hoverinfo="skip", showlegend=False, **style_of_fill)


def _add_labels(
    figure: go.Figure, labels: list[str], probabilities: np.ndarray, hits: np.ndarray, lattice: Lattice
) -> None:
    """Label units with examples if the labels are short enough; every unit has a hover text."""
    positions = lattice.positions()
    fits = max(map(len, labels)) <= 2 and lattice.width <= 45
    hover = [
        f"{name}, probability {probability:.0%}, {count} examples"
        for name, probability, count in zip(labels, probabilities, hits, strict=True)
    ]
    figure.add_scatter(
        x=positions[:, 1],
        y=positions[:, 0],
        mode="text" if fits else "markers",
        text=[name if count else "" for name, count in zip(labels, hits, strict=True)],
        textfont={"size": 11, "color": style.INK},
        marker={"opacity": 0, "size": 12},
        hovertext=hover,
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )


def _finish(figure: go.Figure, lattice: Lattice, title: str, subtitle: str, height: int = 640) -> go.Figure:
    positions = lattice.positions()
    low, high = positions.min(axis=0) - 0.7, positions.max(axis=0) + 0.7
    figure.update_xaxes(visible=False, range=[low[1], high[1]], constrain="domain")
    figure.update_yaxes(visible=False, range=[high[0], low[0]], constrain="domain")
    for axis in figure.select_yaxes():
        axis.update(scaleanchor=(axis.anchor or "x"), scaleratio=1)
    return style.apply(figure, title, subtitle, height=height)


def _format_size(lattice: Lattice) -> str:
    shape = "hexagons" if lattice.hexagonal else "squares"
    return f"{lattice.height} by {lattice.width} {shape}"
