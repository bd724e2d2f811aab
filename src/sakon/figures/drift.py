"""How far new records have moved from those that were learnt from."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sakon.figures import style
from sakon.lazy import go, pd
from sakon.metrics.drift import MODERATE_DRIFT, STRONG_DRIFT, BinCounts

COLOURS = {"strong": "#d9480f", "moderate": "#e07b00", "none": "#9aa5b1"}
MOST_TRAITS, MOST_BINS = 40, 12
NOTHING = "There is nothing to compare."


def stability_indices(table: pd.DataFrame, rows: int) -> go.Figure:
    """Draw the population stability index of every trait, the strongest drift on top.

    Args:
        table: One row per trait, strongest first, as `sakon.records.drifting.drift` gives it.
        rows: Number of new records.

    Returns:
        A bar per trait, at most 40, coloured by strength; a mark where chance alone may reach; the customary
        thresholds as lines.
    """
    title = "Drift of the new records against train"
    if table.empty:
        return style.empty_figure(title, NOTHING)
    shown = table.head(MOST_TRAITS)
    names = [style.shorten(str(name), 32) for name in shown["feature"]]
    figure = go.Figure()
    for strength, colour in COLOURS.items():
        kept = (shown["drift"] == strength).to_numpy()
        if kept.any():
            figure.add_trace(_bars(shown[kept], [name for name, keep in zip(names, kept, strict=True) if keep], colour))
    figure.add_trace(
        go.Scatter(
            x=shown["by_chance"],
            y=names,
            mode="markers",
            marker={"symbol": "line-ns-open", "size": 13, "color": style.INK, "line": {"width": 2}},
            name="reached by chance",
            hovertemplate="chance alone stays below %{x:.3f}<extra></extra>",
        )
    )
    for threshold in (MODERATE_DRIFT, STRONG_DRIFT):
        figure.add_vline(x=threshold, line={"color": style.FAINT, "width": 1, "dash": "dash"}, layer="below")
    figure.update_yaxes(categoryorder="array", categoryarray=names[::-1], showgrid=False, ticksuffix="  ")
    figure.update_xaxes(title_text="Population stability index", rangemode="tozero")
    left_out = f" {len(table) - len(shown)} weaker ones are not drawn." if len(table) > len(shown) else ""
    subtitle = (
        f"{rows:,} new records. Dashed: {MODERATE_DRIFT} (moderate) and {STRONG_DRIFT} (strong). What stays left of "
        f"its mark may be chance.{left_out}"
    )
    legend = {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"}
    height = max(style.HEIGHT, 190 + 24 * len(shown))
    return style.apply(figure, title, subtitle, height=height, legend=legend, margin={"t": 100})


def _bars(rows: pd.DataFrame, names: list[str], colour: str) -> go.Bar:
    facts = rows[["ks", "missing_train", "missing_new", "unseen_new"]].to_numpy(dtype=float)
    written = [[style.format_number(value) for value in row] for row in facts]
    return go.Bar(
        x=rows["psi"],
        y=names,
        orientation="h",
        marker={"color": colour},
        name=str(rows["drift"].iloc[0]),
        customdata=written,
        hovertemplate=(
            "<b>%{y}</b>: %{x:.3f}<br>Kolmogorov-Smirnov %{customdata[0]}<br>missing %{customdata[1]} in train, "
            "%{customdata[2]} now<br>unseen categories %{customdata[3]}"
        ),
    )


def distributions(counted: Mapping[str, BinCounts]) -> go.Figure:
    """Draw the shares of train and of the new records side by side.

    Args:
        counted: Both samples in the same bins, by trait.

    Returns:
        A panel per trait; in a panel at most twelve bins, those that hold most.
    """
    title = "Train and new records, in what has moved most"
    if not counted:
        return style.empty_figure(title, NOTHING)
    across = min(len(counted), 2)
    titles = [f"<b>{style.shorten(name, 32)}</b>, {style.format_number(each.psi)}" for name, each in counted.items()]
    figure, height = style.subplots(titles, across, 290, gap=100)
    for number, each in enumerate(counted.values()):
        where = style.subplot_position(number, across)
        train, new = (counts / max(counts.sum(), 1) for counts in (each.train, each.new))
        kept = np.sort(np.argsort(-np.maximum(train, new), kind="stable")[:MOST_BINS])
        labels = [style.shorten(each.labels[place], 18) for place in kept]
        for name, shares, colour in (("train", train, style.TRAIN), ("new", new, style.VALIDATION)):
            figure.add_trace(_shares(labels, shares[kept], name, colour), **where)
        ticks = {"tickvals": list(range(len(labels))), "ticktext": labels}  # two bins may be shortened to the same
        figure.update_xaxes(showgrid=False, **ticks, **where)
        if where["col"] == 1:
            figure.update_yaxes(title_text="Share of the records", **where)
    style.deduplicate_legend(figure)
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    subtitle = "With the population stability index; numbers in bins of equal shares of train."
    return style.apply(figure, title, subtitle, height=height, barmode="group")


def _shares(labels: list[str], shares: np.ndarray, name: str, colour: str) -> go.Bar:
    return go.Bar(
        x=list(range(len(labels))),
        y=shares,
        name=name,
        marker={"color": colour},
        legendgroup=name,
        customdata=labels,
        hovertemplate="%{customdata}: %{y:.1%}",
    )
