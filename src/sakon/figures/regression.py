"""Where regressors err."""

from __future__ import annotations

import numpy as np

from sakon.figures import style
from sakon.lazy import go

MOST_POINTS = 2000


def predicted_against_actual(actual: np.ndarray, predictions: dict[str, np.ndarray], unit: str) -> go.Figure:
    """Draw what each family predicted against what was true.

    Args:
        actual: Target, in its own unit, (rows,).
        predictions: Prediction of each family, in the target's unit, (rows,).
        unit: Unit of the target, or empty.

    Returns:
        A panel per family with the diagonal of perfect prediction, all on the same axes; of more than
        2,000 rows the same 2,000 for every family.
    """
    title = "Predicted against actual, on the test set"
    if not predictions or not len(actual):
        return style.empty_figure(title, "No family has been trained yet.")
    columns = min(len(predictions), 4 if len(predictions) > 6 else 3)
    errors = {family: np.abs(actual - predicted).mean() for family, predicted in predictions.items()}
    titles = [f"<b>{style.shorten(family)}</b><br>MAE {style.format_number(errors[family])}" for family in predictions]
    figure, height = style.subplots(
        titles, columns, 290, shared_xaxes="all", shared_yaxes="all", horizontal_spacing=0.03, gap=55
    )
    rows, palette = _some_rows(len(actual)), style.family_colours(predictions)
    shown = np.concatenate([actual, *predictions.values()])
    shown = shown[np.isfinite(shown)]
    ends = [float(shown.min()), float(shown.max())]
    for index, (family, predicted) in enumerate(predictions.items()):
        where = style.subplot_position(index, columns)
        figure.add_trace(_points(actual[rows], predicted[rows], family, palette[family]), **where)
        line = {"color": style.INK, "dash": "dash", "width": 1}
        figure.add_trace(go.Scatter(x=ends, y=ends, mode="lines", line=line, hoverinfo="skip"), **where)
        if index + columns >= len(predictions):
            figure.update_xaxes(title_text=style.with_unit("Actual", unit), showticklabels=True, **where)
        if where["col"] == 1:
            figure.update_yaxes(title_text=style.with_unit("Predicted", unit), **where)
    subtitle = f"On the dashed line the prediction is right.{_note(len(actual))}"
    return style.apply(figure, title, subtitle, height=height, showlegend=False)


def _points(actual: np.ndarray, predicted: np.ndarray, family: str, colour: str) -> go.Scatter:
    return go.Scatter(
        x=actual,
        y=predicted,
        mode="markers",
        marker={"color": colour, "size": 4, "opacity": 0.5},
        name=family,
        hovertemplate="actual %{x:.4g}, predicted %{y:.4g}",
    )


def residuals(actual: np.ndarray, predictions: dict[str, np.ndarray], unit: str) -> go.Figure:
    """Draw how the errors of each family are distributed.

    Args:
        actual: Target, in its own unit, (rows,).
        predictions: Prediction of each family, in the target's unit, (rows,).
        unit: Unit of the target, or empty.

    Returns:
        A violin with its quartiles per family, of actual − predicted, first family on top; of more than
        2,000 rows the same 2,000 for every family. The means written at the right are of all rows.
    """
    title = "Residuals on the test set"
    if not predictions or not len(actual):
        return style.empty_figure(title, "No family has been trained yet.")
    figure, rows, palette = go.Figure(), _some_rows(len(actual)), style.family_colours(predictions)
    for family, predicted in predictions.items():
        errors = actual - predicted
        figure.add_trace(_violin(errors[rows], family, palette[family]))
        with np.errstate(invalid="ignore"):  # a diverged family
            mean = f"<b>{style.format_number(errors.mean())}</b> ± {style.format_number(errors.std())}"
        style.annotate_right(figure, mean, family)
    style.annotate_right(figure, f"<span style='color:{style.MUTED}'>mean ± std. deviation</span>")
    figure.add_vline(x=0, line={"color": style.INK, "dash": "dash", "width": 1})
    figure.update_xaxes(title_text=style.with_unit("Actual − predicted", unit))
    figure.update_yaxes(autorange="reversed", showgrid=False, ticksuffix="  ")
    subtitle = f"Right of the dashed line the prediction was too low.{_note(len(actual))}"
    height = max(style.HEIGHT, 170 + 45 * len(predictions))
    return style.apply(figure, title, subtitle, height=height, showlegend=False, margin={"r": 150, "t": 100})


def _violin(errors: np.ndarray, family: str, colour: str) -> go.Violin:
    return go.Violin(
        x=errors,
        y=np.repeat(family, len(errors)),
        orientation="h",
        name=family,
        line={"color": colour, "width": 1.5},
        box={"visible": True, "width": 0.2},
        points=False,
        spanmode="hard",
        scalemode="width",
        width=0.85,
        hoveron="violins",
    )


def _some_rows(rows: int) -> np.ndarray:
    """Return at most 2,000 row numbers, in order, always the same of so many rows."""
    if rows <= MOST_POINTS:
        return np.arange(rows)
    return np.sort(np.random.default_rng(0).choice(rows, MOST_POINTS, replace=False))


def _note(rows: int) -> str:
    return f" Shown: {MOST_POINTS:,} of {rows:,} rows." if rows > MOST_POINTS else ""
