"""Figures of the training history."""

from __future__ import annotations

import re

import numpy as np

from sakon.figures import style
from sakon.lazy import go, pd

COLUMNS = 3
MAX_EPOCHS_WITH_MARKERS = 30


def learning_curves(history: pd.DataFrame, family: str, best_epoch: int) -> go.Figure:
    """Draw every metric over the epochs, on train and on validation, and mark the best epoch.

    Args:
        history: One row per epoch: `epoch`, from 1, and metrics as Keras names them (`loss`, `val_loss`, …). A metric
            may lack its train or its validation column.
        family: Name of the family.
        best_epoch: Epoch whose weights the model has, from 1; 0 if there is none.

    Returns:
        A panel per metric, in the order of the columns.
    """
    metrics = _metric_names(history)
    if not metrics or history.empty:
        return style.empty_figure(f"{family}: learning curves", f"No epoch of {family} has been recorded yet.")
    columns = min(COLUMNS if len(metrics) != 4 else 2, len(metrics))
    figure, height = style.subplots([style.metric_label(metric) for metric in metrics], columns, 290)
    for index, metric in enumerate(metrics):
        position = style.subplot_position(index, columns)
        for name, split, colour in (
            (metric, "train", style.TRAIN),
            (f"val_{metric}", "validation", style.VALIDATION),
        ):
            if name in history:
                figure.add_trace(_curve(history, name, split, colour), **position)
        _widen_if_constant(figure, history.filter(regex=f"^(val_)?{re.escape(metric)}$"), position)
        if best_epoch > 0:
            figure.add_vline(x=best_epoch, line={"color": style.INK, "width": 1, "dash": "dot"}, **position)
    last = int(history["epoch"].max())
    figure.update_xaxes(title_text="Epoch", range=[1 - 0.02 * last, last + 0.02 * last])
    style.deduplicate_legend(figure)
    below_modebar = {"y": 1 - 50 / height, "yref": "container", "yanchor": "middle"}
    legend = {"orientation": "h", "x": 1, "xanchor": "right", **below_modebar}
    subtitle = f"Dotted line: best epoch ({best_epoch}), whose weights the model has." if best_epoch > 0 else ""
    title = f"{family}: learning curves over {len(history)} epoch{'s' if len(history) > 1 else ''}"
    return style.apply(figure, title, subtitle, height=height, legend=legend, hovermode="x unified")


def _metric_names(history: pd.DataFrame) -> list[str]:
    numeric = history.select_dtypes("number").columns
    names = [str(name).removeprefix("val_") for name in numeric if name != "epoch"]
    return list(dict.fromkeys(names))


def _widen_if_constant(figure: go.Figure, values: pd.DataFrame, position: dict[str, int]) -> None:
    """Set the range of the y axis for a constant such as a learning rate; plotly's default is −1 to 1."""
    distinct = set(values.to_numpy(dtype=float).ravel())
    if len(distinct) == 1 and np.isfinite(constant := distinct.pop()) and constant != 0:
        figure.update_yaxes(range=sorted([0.5 * constant, 1.5 * constant]), **position)


def _curve(history: pd.DataFrame, name: str, split: str, colour: str) -> go.Scatter:
    return go.Scatter(
        x=history["epoch"].to_numpy(),
        y=history[name].to_numpy(),
        name=split,
        legendgroup=split,
        mode="lines+markers" if len(history) <= MAX_EPOCHS_WITH_MARKERS else "lines",
        line={"color": colour, "width": 2},
        marker={"size": 5},
        hovertemplate="%{y:.4g}",
    )
