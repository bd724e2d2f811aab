"""Figures of the map's own. Units are drawn as what they are: squares, or hexagons in a honeycomb."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sakon.families import family_of
from sakon.figures import style
from sakon.lazy import go
from sakon.metrics.som import Lattice

FAMILY = family_of(__name__)
LEVELS = 32
OPACITIES = 6
MOST_PLANES = 12
COLUMNS = 4
BORDER = 128
PALE = ["rgb(255,255,255)", "rgb(8,81,156)"]
MOST_CLASSES = 30


def u_matrix(distances: np.ndarray, lattice: Lattice) -> go.Figure:
    """Draw how far each unit's weights are from its neighbours'.

    Args:
        distances: Mean distance to the neighbours, (units,).
        lattice: Where the units stand.
    """
    figure = go.Figure()
    hover = [f"distance to neighbours {value:.3g}" for value in distances]
    _draw(figure, distances, lattice, "Viridis", hover, title="Distance")
    subtitle = (
        "Mean distance of each unit's weights to its neighbours': bright ridges part dark valleys of like examples."
    )
    return _finish(figure, lattice, f"{FAMILY}: U-matrix of {_size(lattice)}", subtitle)


def hit_map(hits: np.ndarray, lattice: Lattice) -> go.Figure:
    """Draw how many examples each unit is nearest to, and cross out those that are nearest to none.

    Args:
        hits: Examples of train per unit, (units,).
        lattice: Where the units stand.
    """
    figure = go.Figure()
    _draw(figure, hits, lattice, PALE, [f"{count} examples" for count in hits], title="Examples")
    dead = lattice.positions()[hits == 0]
    cross = {"symbol": "x-thin", "size": 5, "color": style.FAINT, "line": {"width": 1, "color": style.FAINT}}
    figure.add_scatter(x=dead[:, 1], y=dead[:, 0], mode="markers", marker=cross, showlegend=False, hoverinfo="skip")
    title = f"{FAMILY}: {len(dead)} of {lattice.units} units answer to no example of train"
    return _finish(figure, lattice, title, "The darker, the more examples a unit is nearest to; crossed out: none.")


def label_map(
    answers: np.ndarray, hits: np.ndarray, lattice: Lattice, classes: Sequence[Any], target: str = "target"
) -> go.Figure:
    """Draw what each unit answers.

    Args:
        answers: Probabilities, (units, classes), or the target in its own unit, (units, 1).
        hits: Examples of train per unit, (units,); units with some are labelled where they fit.
        lattice: Where the units stand.
        classes: Labels in order; empty for regression.
        target: What is predicted.
    """
    figure = go.Figure()
    if not classes:
        hover = [f"{target} {style.format_number(value)}" for value in answers[:, 0]]
        _draw(figure, answers[:, 0], lattice, "Viridis", hover, title=style.shorten(target, 14))
        return _finish(figure, lattice, f"{FAMILY}: mean {target} by unit", "What the map answers to examples there.")
    likeliest, purity = answers.argmax(axis=1), answers.max(axis=1)
    paint = np.minimum((purity * OPACITIES).astype(int), OPACITIES - 1)
    for index in np.unique(likeliest):
        colour = style.class_colour(int(index))
        for level in np.unique(paint[likeliest == index]):
            cells = np.flatnonzero((likeliest == index) & (paint == level))
            figure.add_trace(_polygons(cells, lattice, colour, opacity=(level + 1) / OPACITIES))
        if len(classes) <= MOST_CLASSES:
            marker = {"color": colour, "symbol": "square", "size": 10}
            figure.add_scatter(x=[None], y=[None], mode="markers", marker=marker, name=str(classes[index]))
    _write_labels(figure, [str(classes[i]) for i in likeliest], purity, hits, lattice)
    subtitle = "Colour: the likeliest class. The paler, the less sure. Written: where examples of train fell."
    return _finish(figure, lattice, f"{FAMILY}: the class each unit answers", subtitle)


def component_planes(
    codebook: np.ndarray, lattice: Lattice, shape: tuple[int, ...], features: Sequence[str]
) -> go.Figure:
    """Draw the weights: as little images where examples are images, else a map for each feature.

    Args:
        codebook: Weights of the units, (units, features).
        lattice: Where the units stand.
        shape: Shape of one example.
        features: Their names, where examples are tables.
    """
    if len(shape) > 1:
        return _mosaic(codebook.reshape(-1, *shape), lattice)
    spread = codebook.std(axis=0)
    shown = np.sort(np.argsort(-spread, kind="stable")[:MOST_PLANES])
    names = [features[i] for i in shown]
    columns = min(COLUMNS, len(shown))
    figure, height = style.subplots([style.shorten(name, 28) for name in names], columns, 240, gap=40)
    for index, feature in enumerate(shown):
        where = style.subplot_position(index, columns)
        hover = [f"{names[index]} {value:.3g}" for value in codebook[:, feature]]
        _draw(figure, codebook[:, feature], lattice, "Viridis", hover, where=where)
    more = f" (the {len(shown)} that differ most, of {len(spread)})" if len(shown) < len(spread) else ""
    subtitle = "Dark: low, bright: high, each on its own scale. Maps that look alike are features that go together."
    return _finish(figure, lattice, f"{FAMILY}: weights by feature{more}", subtitle, height=height)


def _mosaic(images: np.ndarray, lattice: Lattice) -> go.Figure:
    """Draw every unit's weights as an image, odd rows of a honeycomb shifted by half an image."""
    import plotly.express as px

    tiles = images if images.ndim == 4 else images.transpose(0, 2, 1)[..., None]  # sequences from left to right
    if images.ndim != 4:
        tiles = (tiles - tiles.min()) / max(float(np.ptp(tiles)), 1e-9)
    tiles = np.round(255 * np.clip(tiles, 0, 1)).astype(np.uint8)
    tiles = tiles[..., :3] if tiles.shape[-1] >= 3 else np.repeat(tiles[..., :1], 3, axis=-1)
    high, wide = tiles.shape[1] + 1, tiles.shape[2] + 1
    shift = wide // 2 if lattice.hexagonal else 0
    canvas = np.full((lattice.height * high + 1, lattice.width * wide + 1 + shift, 3), 255, dtype=np.uint8)
    for unit, tile in enumerate(tiles):
        row, column = divmod(unit, lattice.width)
        top, left = row * high, column * wide + shift * (row % 2)
        canvas[top : top + high + 1, left : left + wide + 1] = BORDER
        canvas[top + 1 : top + high, left + 1 : left + wide] = tile
    figure = go.Figure(px.imshow(canvas, binary_string=True).data)
    figure.update_traces(hoverinfo="skip", hovertemplate=None)
    figure.update_xaxes(visible=False).update_yaxes(visible=False)
    subtitle = "Each little image is one unit; neighbours have learnt to be alike."
    width = 900
    height = int(np.clip(width * canvas.shape[0] / canvas.shape[1], 300, 1200)) + 110
    return style.apply(figure, f"{FAMILY}: what its units look like", subtitle, height=height)


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
    """Add units coloured by value; a colour bar where there is a title."""
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
    level = np.round((values - low) / max(high - low, 1e-12) * (LEVELS - 1)).astype(int)
    for step in np.unique(level):
        colour = sample_colorscale(scale, [step / (LEVELS - 1)])[0]
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
    gaps = np.full((len(units), 1, 2), np.nan)  # plotly lifts the pen there
    outlines = np.concatenate([outlines, gaps], axis=1).reshape(-1, 2)
    line = {"color": "white" if opacity < 1 else colour, "width": 0.5}
    filled = {"fill": "toself", "fillcolor": colour, "opacity": opacity, "mode": "lines", "line": line}
    return go.Scatter(x=outlines[:, 1], y=outlines[:, 0], hoverinfo="skip", showlegend=False, **filled)


def _write_labels(figure: go.Figure, labels: list[str], purity: np.ndarray, hits: np.ndarray, lattice: Lattice) -> None:
    """Write short labels on units that examples fell on; say all on hovering."""
    positions = lattice.positions()
    fit = max(map(len, labels)) <= 2 and lattice.width <= 45
    hover = [
        f"{name}, {sure:.0%} sure, {count} examples" for name, sure, count in zip(labels, purity, hits, strict=True)
    ]
    figure.add_scatter(
        x=positions[:, 1],
        y=positions[:, 0],
        mode="text" if fit else "markers",
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


def _size(lattice: Lattice) -> str:
    form = "hexagons" if lattice.hexagonal else "squares"
    return f"{lattice.height} by {lattice.width} {form}"
