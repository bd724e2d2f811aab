"""The common style of all figures: template, colours, titles, number formats, empty figures, grids of panels."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from math import ceil
from textwrap import wrap
from typing import Any

import numpy as np

from sakon.lazy import go
from sakon.metrics import METRICS

INK, MUTED, FAINT, GRID = "#1f2933", "#52606d", "#9aa5b1", "#e4e7eb"
TRAIN, VALIDATION = "#9aa5b1", "#0b5fa5"
HEIGHT = 500
"""Default height in pixels."""
NO_FAMILY = "No family has been trained yet."
MAX_REASON = 600
"""Characters of an error message that `error_figure` shows."""
REASON_WIDTH = 80

FAMILIES = ("baseline", "mlp", "cnn", "rnn", "som", "autoencoder", "vae", "gan", "diffusion", "contrastive")
PALETTE = (
    "#4a5568",  # baseline: grey, in the background
    "#0b5fa5",
    "#e07b00",
    "#15803d",
    "#c4287c",
    "#7c3aed",
    "#0891a8",
    "#b91c1c",
    "#8a5a2b",
    "#8a9a0b",
    "#e68ab8",
    "#5fa8e8",
    "#57c785",
    "#c9a227",
    "#a78bda",
    "#ef8a6f",
)

ABBREVIATIONS = {"auc", "elbo", "kid", "kl", "mse"}


def family_colours(families: Iterable[str]) -> dict[str, str]:
    """Return the colour of each family; a family of `FAMILIES` has the same colour in every figure.

    Other families get the next colours, in alphabetical order.

    Args:
        families: Names, in any order.
    """
    names = set(families)
    order = [*FAMILIES, *sorted(names - set(FAMILIES))]
    return {name: PALETTE[index % len(PALETTE)] for index, name in enumerate(order) if name in names}


def class_colour(index: int) -> str:
    """Return the colour of a class: the colours of the palette in turn, without the grey of the baseline."""
    return PALETTE[1:][index % (len(PALETTE) - 1)]


def metric_label(name: str) -> str:
    """Return the name of a metric for axes and titles.

    Args:
        name: A metric of the registry (`roc_auc` → `ROC AUC`) or any other, such as one of Keras
            (`kl_divergence` → `KL divergence`).
    """
    if name in METRICS:
        return METRICS[name].label
    text = " ".join(word.upper() if word in ABBREVIATIONS else word for word in name.split("_"))
    return text[:1].upper() + text[1:]


def shorten(name: str, max_length: int = 24) -> str:
    """Return `name`, cut to at most `max_length` characters with an ellipsis at the end."""
    return name if len(name) <= max_length else f"{name[: max_length - 1]}…"


def with_unit(text: str, unit: str) -> str:
    """Return `text (unit)`, or `text` if the unit is empty."""
    return f"{text} ({unit})" if unit else text


def format_number(value: float, digits: int = 3) -> str:
    """Format a number: significant digits, thousands separators, an exponent only below 0.001, `–` if not finite."""
    if not np.isfinite(value):
        return "–"
    if value != 0 and abs(value) < 1e-3:
        return f"{value:.{digits - 1}e}"
    integer_digits = len(str(int(abs(value)))) if abs(value) >= 1 else 0
    return f"{value:,.{max(digits - integer_digits, 0)}f}"


def apply(figure: go.Figure, title: str, subtitle: str = "", **layout: Any) -> go.Figure:
    """Apply the common style to a figure and set its title.

    Args:
        figure: The figure; it is changed in place.
        title: What the figure shows, in one line.
        subtitle: How to read the figure; may contain `<br>`.
        **layout: Further arguments of plotly's `update_layout`.

    Returns:
        The same figure.
    """
    lines = [f"<b>{title}</b>"]
    lines += [f"<span style='font-size:12px;color:{MUTED}'>{line}</span>" for line in subtitle.split("<br>") if line]
    margin = {"l": 70, "r": 30, "t": 50 + 20 * len(lines), "b": 60, **layout.pop("margin", {})}
    figure.update_layout(
        template=_template(),
        title={"text": "<br>".join(lines), "y": 1, "yref": "container", "yanchor": "top", "pad": {"t": 16}},
        margin=margin,
        **{"height": HEIGHT, **layout},
    )
    return figure


def empty_figure(title: str, reason: str) -> go.Figure:
    """Return a figure without data that states the reason in its middle.

    Args:
        title: Title that the figure would have with data.
        reason: Why there is nothing to draw, as a sentence; may contain `<br>`.
    """
    figure = go.Figure()
    figure.add_annotation(
        text=reason,
        x=0.5,
        y=0.5,
        xref="paper",
        yref="paper",
        showarrow=False,
        font={"size": 16, "color": MUTED},
    )
    figure.update_xaxes(visible=False).update_yaxes(visible=False)
    return apply(figure, title)


def error_figure(title: str, reason: str) -> go.Figure:
    """Return a figure that stands in for one that could not be drawn.

    Args:
        title: Title of the figure that failed.
        reason: Message of the error, as plain text: it is escaped, wrapped, and cut after `MAX_REASON` characters.
    """
    lines = wrap(shorten(reason, MAX_REASON), REASON_WIDTH)
    return empty_figure(title, "<br>".join(["Could not draw this figure:", *map(escape, lines)]))


def subplots(titles: list[str], columns: int, panel_height: int, **options: Any) -> tuple[go.Figure, int]:
    """Return a figure with a grid of panels, and its height in pixels.

    Args:
        titles: Title of each panel, in reading order.
        columns: Maximum number of panels in a row.
        panel_height: Height of a panel with its title and axis, in pixels.
        **options: Arguments of plotly's `make_subplots`, and `gap`, the vertical space between panels in pixels.

    Returns:
        The figure, and the height at which its panels have `panel_height`.
    """
    from plotly.subplots import make_subplots

    columns = max(1, min(columns, len(titles)))
    rows = max(1, ceil(len(titles) / columns))
    gap = options.pop("gap", 70)
    inner_height = rows * panel_height - gap  # without margins
    figure = make_subplots(
        rows, columns, subplot_titles=titles, vertical_spacing=gap / inner_height if rows > 1 else 0, **options
    )
    figure.update_annotations(font={"size": 13, "color": INK})
    return figure, max(HEIGHT, rows * panel_height + 110)


def annotate_right(figure: go.Figure, text: str, category: str | None = None) -> None:
    """Write text to the right of the plot, next to a category of the y axis; without a category, at the top."""
    anchor = {"y": 1, "yref": "paper", "yanchor": "bottom"} if category is None else {"y": category, "yref": "y"}
    figure.add_annotation(text=text, x=1.01, xref="paper", xanchor="left", showarrow=False, **anchor)


def deduplicate_legend(figure: go.Figure) -> None:
    """Show each name once in the legend, also if several panels have traces of that name."""
    names: set[str] = set()
    for trace in figure.data:
        has_points = trace.x is not None and len(trace.x) > 0
        trace.showlegend = has_points and trace.name not in names
        names |= {trace.name} if has_points else set()


def subplot_position(index: int, columns: int) -> dict[str, int]:
    """Return the row and the column of a panel in a grid, from 1, as arguments of plotly's `add_trace`."""
    return {"row": index // columns + 1, "col": index % columns + 1}


def _template() -> go.layout.Template:
    axis = {
        "gridcolor": GRID,
        "linecolor": FAINT,
        "showline": True,
        "zeroline": False,
        "ticks": "outside",
        "tickcolor": FAINT,
        "title": {"standoff": 10, "font": {"size": 13}},
        "automargin": True,
    }
    layout = {
        "font": {
            "family": "Inter, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif",
            "size": 12,
            "color": INK,
        },
        "title": {"x": 0, "xanchor": "left", "pad": {"l": 20}, "font": {"size": 17}},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "colorway": PALETTE,
        "xaxis": axis,
        "yaxis": axis,
        "hoverlabel": {"bgcolor": "white", "bordercolor": FAINT, "font": {"color": INK}, "align": "left"},
        "legend": {"bgcolor": "rgba(255,255,255,0)"},
        "modebar": {
            "bgcolor": "rgba(255,255,255,0)",
            "color": FAINT,
            "remove": ["select2d", "lasso2d", "autoScale2d"],
        },
    }
    return go.layout.Template(layout=layout)
