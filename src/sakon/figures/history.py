"""What training looked like."""

from __future__ import annotations

import re

import numpy as np

from sakon.figures import style
from sakon.lazy import go, pd

COLUMNS = 3
MARKED_EPOCHS = 30
"""Up to so many epochs each is marked with a point."""


def learning_curves(history: pd.DataFrame, family: str, best_epoch: int) -> go.Figure:
    """Draw every metric over the epochs, train against validation, and mark the best epoch.

    Args:
        history: One row per epoch: `epoch`, from 1, and Keras's metrics (`loss`, `val_loss`, …), each
            with or without its `val_` twin.
        family: Name of the family.
        best_epoch: Epoch whose weights were kept, from 1; 0 if there is none.

    Returns:
        One panel per metric, in the order of the columns.
    """
    metrics = _metrics_in(history)
    if not metrics or history.empty:
        return style.empty_figure(f"{family}: learning curves", f"No epoch of {family} has been recorded yet.")
    columns = min(COLUMNS if len(metrics) != 4 else 2, len(metrics))
    figure, height = style.subplots([style.metric_label(metric) for metric in metrics], columns, 290)
    for index, metric in enumerate(metrics):
        where = style.subplot_position(index, columns)
        for name, part, colour in (
            (metric, "train", style.TRAIN),
            (f"val_{metric}", "validation", style.VALIDATION),
        ):
            if name in history:
                figure.add_trace(_curve(history, name, part, colour), **where)
        _widen_if_constant(figure, history.filter(regex=f"^(val_)?{re.escape(metric)}$"), where)
        if best_epoch > 0:
            figure.add_vline(x=best_epoch, line={"color": style.INK, "width": 1, "dash": "dot"}, **where)
    last = int(history["epoch"].max())
    figure.update_xaxes(title_text="Epoch", range=[1 - 0.02 * last, last + 0.02 * last])
    style.deduplicate_legend(figure)
    below_buttons = {"y": 1 - 50 / height, "yref": "container", "yanchor": "middle"}
    legend = {"orientation": "h", "x": 1, "xanchor": "right", **below_buttons}
    subtitle = f"Dotted line: epoch {best_epoch}, whose weights were kept." if best_epoch > 0 else ""
    title = f"{family}: learning curves over {len(history)} epoch{'s' if len(history) > 1 else ''}"
    return style.apply(figure, title, subtitle, height=height, legend=legend, hovermode="x unified")


def _metrics_in(history: pd.DataFrame) -> list[str]:
    numeric = history.select_dtypes("number").columns
    names = [str(name).removeprefix("val_") for name in numeric if name != "epoch"]
    return list(dict.fromkeys(names))


def _widen_if_constant(figure: go.Figure, values: pd.DataFrame, where: dict[str, int]) -> None:
    """Keep a constant, such as a learning rate, off the axis −1…1 that plotly gives it."""
    found = set(values.to_numpy(dtype=float).ravel())
    if len(found) == 1 and np.isfinite(constant := found.pop()) and constant != 0:
        figure.update_yaxes(range=sorted([0.5 * constant, 1.5 * constant]), **where)


def _curve(history: pd.DataFrame, name: str, part: str, colour: str) -> go.Scatter:
    return go.Scatter(
        x=history["epoch"].to_numpy(),
        y=history[name].to_numpy(),
        name=part,
        legendgroup=part,
        mode="lines+markers" if len(history) <= MARKED_EPOCHS else "lines",
        line={"color": colour, "width": 2},
        marker={"size": 5},
        hovertemplate="%{y:.4g}",
    )
