"""All families side by side: the leaderboard, and where each is strong or weak."""

from __future__ import annotations

from typing import Any

import numpy as np

from sakon.figures import style
from sakon.lazy import go, pd

VERDICTS = {
    "better": ("#0b5fa5", "diamond"),
    "not distinguishable": ("#9aa5b1", "circle"),
    "worse": ("#d9480f", "x"),
    "baseline": (style.INK, "square"),
    "not compared": (style.MUTED, "circle-open"),
}
MOST_COLUMNS, MOST_VALUES = 6, 8
DETAILS = {
    "validation_value": "on validation",
    "baseline_difference": "against the baseline",
    "parameters": "parameters",
    "train_seconds": "seconds to train",
    "predict_ms_per_1000": "ms to predict 1,000 rows",
}


NOTHING_TRAINED = "No family has been trained yet."


def leaderboard(table: pd.DataFrame, metric: str, greater_is_better: bool, title: str, unit: str = "") -> go.Figure:
    """Draw the test figure of every trained family with its interval, best on top.

    Args:
        table: The leaderboard, one row per family: `family`, `status`, `value`, `low`, `high`,
            `verdict`, and any of the columns that `DETAILS` names.
        metric: The problem's own metric.
        greater_is_better: Whether a larger figure is the better one.
        title: Title of the figure.
        unit: Unit of the metric, where it has one.

    Returns:
        A point with interval per family, coloured by verdict; the best baseline as a dashed line.
    """
    if table.empty:
        return style.empty_figure(title, NOTHING_TRAINED)
    trained = table[(table["status"] == "trained") & table["value"].notna()]
    left_out = _left_out(table, trained)
    if trained.empty:
        return style.empty_figure(title, f"{NOTHING_TRAINED}<br>{left_out}")
    trained = trained.sort_values("value", ascending=not greater_is_better, kind="stable")
    trained = trained.assign(
        verdict=trained["verdict"].astype(object).where(trained["verdict"].isin(VERDICTS), "not compared")
    )
    figure = go.Figure()
    for verdict in VERDICTS:
        group = trained[trained["verdict"] == verdict]
        if not group.empty:
            figure.add_trace(_points(group, verdict, metric))
    _write_values(figure, trained)
    _mark_baseline(figure, trained)
    families = trained["family"].astype(str).tolist()
    figure.update_yaxes(categoryorder="array", categoryarray=families[::-1], showgrid=False, ticksuffix="  ")
    measure = style.with_unit(style.metric_label(metric), unit)
    figure.update_xaxes(title_text=f"{measure} on the test set; {'higher' if greater_is_better else 'lower'} is better")
    heading = {"text": "Against the baseline: "}
    legend = {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "title": heading}
    height = max(style.HEIGHT, 170 + 36 * len(trained))
    return style.apply(figure, title, left_out, height=height, legend=legend, margin={"r": 170, "t": 110})


def _points(group: pd.DataFrame, verdict: str, metric: str) -> go.Scatter:
    colour, symbol = VERDICTS[verdict]
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
        text=[_details(row, metric) for _, row in group.iterrows()],
        hovertemplate="%{text}<extra></extra>",
    )


def _details(row: pd.Series[Any], metric: str) -> str:
    value, low, high = (style.format_number(float(row[key]), 4) for key in ("value", "low", "high"))
    lines = [f"<b>{row['family']}</b>: {row['verdict']}", f"{style.metric_label(metric)}: {value} [{low}, {high}]"]
    for column, words in DETAILS.items():
        if column in row and pd.notna(row[column]):
            number = float(row[column])
            lines.append(f"{words}: {f'{number:,.0f}' if column == 'parameters' else style.format_number(number, 4)}")
    return "<br>".join(lines)


def _write_values(figure: go.Figure, trained: pd.DataFrame) -> None:
    """Write each figure and its interval in a column at the right."""
    for family, *numbers in trained[["family", "value", "low", "high"]].itertuples(index=False):
        value, low, high = (style.format_number(float(number)) for number in numbers)
        text = f"<b>{value}</b>  <span style='color:{style.MUTED}'>[{low}, {high}]</span>"
        style.annotate_right(figure, text, str(family))


def _mark_baseline(figure: go.Figure, trained: pd.DataFrame) -> None:
    baselines = trained[trained["verdict"] == "baseline"]
    if not baselines.empty:
        value = float(baselines["value"].iloc[0])
        figure.add_vline(x=value, line={"color": style.INK, "width": 1.5, "dash": "dash"}, layer="below")


def _left_out(table: pd.DataFrame, trained: pd.DataFrame) -> str:
    """Name the families that are not drawn, by status."""
    others = table.drop(index=trained.index)
    status = others["status"].astype(str).replace("trained", "trained but without a figure")
    sentences = [
        f"{name.capitalize()}: {', '.join(others.loc[status == name, 'family'].astype(str))}."
        for name in dict.fromkeys(status)
    ]
    return " ".join(sentences)


def slices(table: pd.DataFrame, metric: str, unit: str = "") -> go.Figure:
    """Draw how well each family does on each value of the categorical columns.

    Args:
        table: One row per family and value: `family`, `column`, `value`, `rows`, `score`, `low`, `high`.
        metric: Metric of `score`.
        unit: Unit of the metric, where it has one.

    Returns:
        A panel per column, at most six: those along which a family's score differs most; in a panel at
        most eight values, the largest.
    """
    title = f"{style.metric_label(metric)} on the test set, by group of rows"
    if table.empty or table["score"].isna().all():
        return style.empty_figure(title, "No column has groups large enough to be measured on their own.")
    drawn = table[table["score"].notna()].astype({"family": str, "column": str, "value": str})
    columns = _most_telling(drawn)
    across = min(len(columns), 2)
    figure, height = style.subplots([f"<b>{column}</b>" for column in columns], across, 310, shared_yaxes="all", gap=90)
    palette = style.family_colours(drawn["family"])
    for index, column in enumerate(columns):
        where = style.subplot_position(index, across)
        groups = drawn[drawn["column"] == column]
        sizes = groups.groupby("value")["rows"].max().sort_values(ascending=False, kind="stable")
        values = sizes.index[:MOST_VALUES].tolist()
        for family, colour in palette.items():
            kept = groups[(groups["family"] == family) & groups["value"].isin(values)]
            figure.add_trace(_slice_points(kept, family, colour), **where)
        figure.update_xaxes(type="category", categoryorder="array", categoryarray=values, **where)
        if where["col"] == 1:
            figure.update_yaxes(title_text=style.with_unit(style.metric_label(metric), unit), **where)
    style.deduplicate_legend(figure)
    figure.update_yaxes(range=_padded_range(drawn))
    figure.update_xaxes(showgrid=False)
    subtitle = "With intervals; columns along which a family's score differs most, largest groups first."
    return style.apply(figure, title, subtitle, height=height, scattermode="group", scattergap=0.25)


def _most_telling(drawn: pd.DataFrame) -> list[str]:
    """Return the columns along which the score of one family differs most, at most six."""
    scores = drawn.groupby(["column", "family"])["score"]
    spread = (scores.max() - scores.min()).groupby(level="column").max()
    return [str(column) for column in spread.sort_values(ascending=False, kind="stable").index[:MOST_COLUMNS]]


def _padded_range(drawn: pd.DataFrame) -> list[float]:
    ends = drawn[["score", "low", "high"]].to_numpy(dtype=float)
    low, high = float(np.nanmin(ends)), float(np.nanmax(ends))
    padding = 0.05 * (high - low) or 0.5
    return [low - padding, high + padding]


def _slice_points(points: pd.DataFrame, family: str, colour: str) -> go.Scatter:
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
