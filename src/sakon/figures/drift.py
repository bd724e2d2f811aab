"""Figures of drift: how much the distributions of new records differ from those of train."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sakon.figures import style
from sakon.lazy import go, pd
from sakon.metrics.drift import MODERATE_DRIFT, STRONG_DRIFT, BinCounts

STRENGTH_COLOURS = {"strong": "#d9480f", "moderate": "#e07b00", "none": "#9aa5b1"}
MAX_FEATURES, MAX_BINS = 40, 12
NO_FEATURES = "There are no features to compare."


def stability_indices(table: pd.DataFrame, rows: int) -> go.Figure:
    """Draw the population stability index of each feature, the strongest drift on top.

    Args:
        table: One row per feature, strongest drift first; see `sakon.records.feature_drift.measure_drift`.
        rows: Number of new records.

    Returns:
        A bar per feature, at most `MAX_FEATURES`, coloured by strength; a mark at the threshold of chance; the
        conventional thresholds as lines.
    """
    title = "Drift of the new records compared with train"
    if table.empty:
        return style.empty_figure(title, NO_FEATURES)
    features = table.head(MAX_FEATURES)
    names = [style.shorten(str(name), 32) for name in features["feature"]]
    figure = go.Figure()
    for strength, colour in STRENGTH_COLOURS.items():
        indices = np.flatnonzero(features["drift"] == strength)
        if len(indices):
            figure.add_trace(_bars(features.iloc[indices], [names[index] for index in indices], colour))
    figure.add_trace(_chance_marks(features, names))
    for threshold in (MODERATE_DRIFT, STRONG_DRIFT):
        figure.add_vline(x=threshold, line={"color": style.FAINT, "width": 1, "dash": "dash"}, layer="below")
    figure.update_yaxes(categoryorder="array", categoryarray=names[::-1], showgrid=False, ticksuffix="  ")
    figure.update_xaxes(title_text="Population stability index", rangemode="tozero")
    more = (
        f" {len(table) - len(features)} features with weaker drift are not shown." if len(table) > len(features) else ""
    )
    subtitle = (
        f"{rows:,} new records. Dashed: {MODERATE_DRIFT} (moderate) and {STRONG_DRIFT} (strong). A bar that ends left "
        f"of its mark may be due to chance.{more}"
    )
    legend = {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"}
    height = max(style.HEIGHT, 190 + 24 * len(features))
    return style.apply(figure, title, subtitle, height=height, legend=legend, margin={"t": 100})


def _chance_marks(rows: pd.DataFrame, names: list[str]) -> go.Scatter:
    return go.Scatter(
        x=rows["by_chance"],
        y=names,
        mode="markers",
        marker={"symbol": "line-ns-open", "size": 13, "color": style.INK, "line": {"width": 2}},
        name="threshold of chance",
        hovertemplate="threshold of chance %{x:.3f}<extra></extra>",
    )


def _bars(rows: pd.DataFrame, names: list[str], colour: str) -> go.Bar:
    values = rows[["ks", "missing_train", "missing_new", "unseen_new"]].to_numpy(dtype=float)
    texts = [[style.format_number(value) for value in row] for row in values]
    return go.Bar(
        x=rows["psi"],
        y=names,
        orientation="h",
        marker={"color": colour},
        name=str(rows["drift"].iloc[0]),
        customdata=texts,
        hovertemplate=(
            "<b>%{y}</b>: %{x:.3f}<br>Kolmogorov-Smirnov %{customdata[0]}<br>missing %{customdata[1]} in train, "
            "%{customdata[2]} in new records<br>unseen categories %{customdata[3]}"
        ),
    )


def bin_shares(counts_by_feature: Mapping[str, BinCounts]) -> go.Figure:
    """Draw the shares of train and of the new records in each bin.

    Args:
        counts_by_feature: Counts of both samples in the same bins, by feature.

    Returns:
        A panel per feature with at most `MAX_BINS` bins, those with the largest shares.
    """
    title = "Distributions in train and in the new records, strongest drift first"
    if not counts_by_feature:
        return style.empty_figure(title, NO_FEATURES)
    columns = min(len(counts_by_feature), 2)
    titles = [
        f"<b>{style.shorten(name, 32)}</b>, {style.format_number(counts.psi)}"
        for name, counts in counts_by_feature.items()
    ]
    figure, height = style.subplots(titles, columns, 290, gap=100)
    for index, counts in enumerate(counts_by_feature.values()):
        position = style.subplot_position(index, columns)
        train, new = (sample / max(sample.sum(), 1) for sample in (counts.train, counts.new))
        bins = np.sort(np.argsort(-np.maximum(train, new), kind="stable")[:MAX_BINS])
        labels = [style.shorten(counts.labels[number], 18) for number in bins]
        for name, shares, colour in (("train", train, style.TRAIN), ("new", new, style.VALIDATION)):
            figure.add_trace(_share_bars(labels, shares[bins], name, colour), **position)
        ticks = {
            "tickvals": list(range(len(labels))),
            "ticktext": labels,
        }  # no category axis: it would merge equal labels
        figure.update_xaxes(showgrid=False, **ticks, **position)
        if position["col"] == 1:
            figure.update_yaxes(title_text="Share of records", **position)
    style.deduplicate_legend(figure)
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    subtitle = "In the titles: population stability index. Bins of numbers have equal shares of train."
    return style.apply(figure, title, subtitle, height=height, barmode="group")


def _share_bars(labels: list[str], shares: np.ndarray, name: str, colour: str) -> go.Bar:
    return go.Bar(
        x=list(range(len(labels))),
        y=shares,
        name=name,
        marker={"color": colour},
        legendgroup=name,
        customdata=labels,
        hovertemplate="%{customdata}: %{y:.1%}",
    )
