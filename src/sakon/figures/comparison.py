"""Comparison of all families: the leaderboard and the scores of groups of rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from sakon.figures import style
from sakon.lazy import go, pd

NOT_COMPARED = "not compared"
"""Verdict where the baseline is not trained."""
VERDICT_MARKERS = {
    "better": ("#0b5fa5", "diamond"),
    "not distinguishable": ("#9aa5b1", "circle"),
    "worse": ("#d9480f", "x"),
    "baseline": (style.INK, "square"),
    NOT_COMPARED: (style.MUTED, "circle-open"),
}
MAX_COLUMNS, MAX_VALUES = 6, 8
HOVER_LABELS = {
    "validation_value": "on validation",
    "baseline_difference": "difference to the baseline",
    "parameters": "parameters",
    "train_seconds": "training time (s)",
    "predict_ms_per_1000": "prediction time per 1,000 rows (ms)",
}
"""Columns of the leaderboard in hover texts, with their labels."""


def leaderboard(table: pd.DataFrame, metric: str, greater_is_better: bool, title: str, unit: str = "") -> go.Figure:
    """Draw the test score of every trained family with its interval, the best on top.

    Args:
        table: The leaderboard, one row per family: `family`, `status`, `value`, `low`, `high`,
            `verdict`, and any of the columns of `HOVER_LABELS`.
        metric: Metric that ranks the families.
        greater_is_better: Whether a larger value is better.
        title: Title of the figure.
        unit: Unit of the metric; empty if it has none.

    Returns:
        A marker with an interval per family, coloured by verdict; the baseline as a dashed line.
    """
    if table.empty:
        return style.empty_figure(title, style.NO_FAMILY)
    trained = table[(table["status"] == "trained") & table["value"].notna()]
    excluded = _excluded_families(table, trained)
    if trained.empty:
        return style.empty_figure(title, f"{style.NO_FAMILY}<br>{excluded}")
    trained = trained.sort_values("value", ascending=not greater_is_better, kind="stable")
    trained = trained.assign(
        verdict=trained["verdict"].astype(object).where(trained["verdict"].isin(VERDICT_MARKERS), NOT_COMPARED)
    )
    figure = go.Figure()
    for verdict in VERDICT_MARKERS:
        group = trained[trained["verdict"] == verdict]
        if not group.empty:
            figure.add_trace(_verdict_markers(group, verdict, metric))
    _annotate_values(figure, trained)
    _draw_baseline(figure, trained)
    families = trained["family"].astype(str).tolist()
    figure.update_yaxes(categoryorder="array", categoryarray=families[::-1], showgrid=False, ticksuffix="  ")
    label = style.with_unit(style.metric_label(metric), unit)
    figure.update_xaxes(title_text=f"{label} on the test set; {'higher' if greater_is_better else 'lower'} is better")
    heading = {"text": "Compared with the baseline: "}
    legend = {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "title": heading}
    height = max(style.HEIGHT, 170 + 36 * len(trained))
    return style.apply(figure, title, excluded, height=height, legend=legend, margin={"r": 170, "t": 110})


def _verdict_markers(group: pd.DataFrame, verdict: str, metric: str) -> go.Scatter:
    colour, symbol = VERDICT_MARKERS[verdict]
    value = group["value"].to_numpy(dtype=float)
    interval = {
        "array": group["high"].to_numpy(dtype=float) - value,
        "arrayminus": value - group["low"].to_numpy(dtype=float),
        "thickness": 2,
        "width": 5,
        "color": colour,
    }
    return go.Scatter(
        x=value,
        y=group["family"].astype(str).to_numpy(),
        error_x=interval,
        mode="markers",
        marker={"color": colour, "symbol": symbol, "size": 11},
        name=verdict,
        text=[_hover_text(row, metric) for _, row in group.iterrows()],
        hovertemplate="%{text}<extra></extra>",
    )


def _hover_text(row: pd.Series[Any], metric: str) -> str:
    value, low, high = (style.format_number(float(row[key]), 4) for key in ("value", "low", "high"))
    lines = [f"<b>{row['family']}</b>: {row['verdict']}", f"{style.metric_label(metric)}: {value} [{low}, {high}]"]
    for column, label in HOVER_LABELS.items():
        if column in row and pd.notna(row[column]):
            number = float(row[column])
            lines.append(f"{label}: {f'{number:,.0f}' if column == 'parameters' else style.format_number(number, 4)}")
    return "<br>".join(lines)


def _annotate_values(figure: go.Figure, trained: pd.DataFrame) -> None:
    """Write each score and its interval in a column to the right of the plot."""
    for family, *numbers in trained[["family", "value", "low", "high"]].itertuples(index=False):
        value, low, high = (style.format_number(float(number)) for number in numbers)
        text = f"<b>{value}</b>  <span style='color:{style.MUTED}'>[{low}, {high}]</span>"
        style.annotate_right(figure, text, str(family))


def _draw_baseline(figure: go.Figure, trained: pd.DataFrame) -> None:
    baselines = trained[trained["verdict"] == "baseline"]
    if not baselines.empty:
        value = float(baselines["value"].iloc[0])
        figure.add_vline(x=value, line={"color": style.INK, "width": 1.5, "dash": "dash"}, layer="below")


def _excluded_families(table: pd.DataFrame, trained: pd.DataFrame) -> str:
    """Return a sentence per status with the families that are not scored."""
    others = table.drop(index=trained.index)
    status = others["status"].astype(str).replace("trained", "trained, but the score is undefined")
    sentences = [
        f"{name.capitalize()}: {', '.join(others.loc[status == name, 'family'].astype(str))}."
        for name in dict.fromkeys(status)
    ]
    return " ".join(sentences)


def slice_scores(table: pd.DataFrame, metric: str, unit: str = "") -> go.Figure:
    """Draw the score of each family for each value of the categorical columns.

    Args:
        table: One row per family and value: `family`, `column`, `value`, `rows`, `score`, `low`, `high`.
        metric: Metric of `score`.
        unit: Unit of the metric; empty if it has none.

    Returns:
        A panel for each of at most `MAX_COLUMNS` columns, those with the largest differences within a family; in a
        panel, at most `MAX_VALUES` values, those with the most rows.
    """
    title = f"{style.metric_label(metric)} on the test set by group of rows"
    if table.empty or table["score"].isna().all():
        return style.empty_figure(title, "No column has groups with enough rows to be scored.")
    scored = table[table["score"].notna()].astype({"family": str, "column": str, "value": str})
    columns = _columns_by_spread(scored)
    panel_columns = min(len(columns), 2)
    figure, height = style.subplots(
        [f"<b>{column}</b>" for column in columns], panel_columns, 310, shared_yaxes="all", gap=90
    )
    palette = style.family_colours(scored["family"])
    for index, column in enumerate(columns):
        position = style.subplot_position(index, panel_columns)
        groups = scored[scored["column"] == column]
        sizes = groups.groupby("value")["rows"].max().sort_values(ascending=False, kind="stable")
        values = sizes.index[:MAX_VALUES].tolist()
        for family, colour in palette.items():
            points = groups[(groups["family"] == family) & groups["value"].isin(values)]
            figure.add_trace(_slice_markers(points, family, colour), **position)
        figure.update_xaxes(type="category", categoryorder="array", categoryarray=values, **position)
        if position["col"] == 1:
            figure.update_yaxes(title_text=style.with_unit(style.metric_label(metric), unit), **position)
    style.deduplicate_legend(figure)
    figure.update_yaxes(range=_padded_range(scored))
    figure.update_xaxes(showgrid=False)
    subtitle = "Error bars: intervals. Columns with the largest differences within a family; largest groups first."
    return style.apply(figure, title, subtitle, height=height, scattermode="group", scattergap=0.25)


def _columns_by_spread(scored: pd.DataFrame) -> list[str]:
    """Return at most `MAX_COLUMNS` columns, those with the largest range of one family's scores first."""
    scores = scored.groupby(["column", "family"])["score"]
    spread = (scores.max() - scores.min()).groupby(level="column").max()
    return [str(column) for column in spread.sort_values(ascending=False, kind="stable").index[:MAX_COLUMNS]]


def _padded_range(scored: pd.DataFrame) -> list[float]:
    ends = scored[["score", "low", "high"]].to_numpy(dtype=float)
    low, high = float(np.nanmin(ends)), float(np.nanmax(ends))
    padding = 0.05 * (high - low) or 0.5
    return [low - padding, high + padding]


def _slice_markers(points: pd.DataFrame, family: str, colour: str) -> go.Scatter:
    score = points["score"].to_numpy(dtype=float)
    low, high = points["low"].to_numpy(dtype=float), points["high"].to_numpy(dtype=float)
    return go.Scatter(
        x=points["value"].to_numpy(),
        y=score,
        error_y={"array": high - score, "arrayminus": score - low, "thickness": 1.5, "width": 0},
        mode="markers",
        marker={"color": colour, "size": 7},
        name=family,
        legendgroup=family,
        offsetgroup=family,
        customdata=np.stack([points["rows"].to_numpy(dtype=float), low, high], axis=-1),
        hovertemplate="%{x}: %{y:.4g} [%{customdata[1]:.4g}, %{customdata[2]:.4g}]<br>%{customdata[0]:,} rows",
    )
