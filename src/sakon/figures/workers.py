"""Figures of a distributed training: time and loss of each partition."""

from __future__ import annotations

from sakon.figures import style
from sakon.lazy import go, pd

MAX_PARTITIONS = 16
"""Further partitions are not drawn."""


def workers_by_epoch(workers: pd.DataFrame, family: str) -> go.Figure:
    """Draw the training time of each partition and its loss before averaging, over the epochs.

    Args:
        workers: One row per epoch and partition: `epoch`, `partition`, `rows`, `seconds`, `loss`.
        family: Name of the trained family.

    Returns:
        Two panels with a line per partition; each epoch waits for the slowest partition.
    """
    title = f"{family}: time and loss by partition"
    if workers.empty:
        return style.empty_figure(title, f"No epoch of {family} has been recorded yet.")
    figure, height = style.subplots(["Training time (s)", "Loss on the rows of the partition"], 2, 320)
    for index, (number, rows) in enumerate(list(workers.groupby("partition"))[:MAX_PARTITIONS]):
        name = f"partition {number} ({int(rows['rows'].iloc[0]):,} rows)"
        colour = style.class_colour(index)
        for panel, column in enumerate(("seconds", "loss")):
            line = go.Scatter(
                x=rows["epoch"].to_numpy(),
                y=rows[column].to_numpy(),
                name=name,
                legendgroup=name,
                showlegend=panel == 0,
                line={"color": colour, "width": 2},
                hovertemplate="%{y:.4g}",
            )
            figure.add_trace(line, **style.subplot_position(panel, 2))
    figure.update_xaxes(title_text="Epoch")
    figure.update_yaxes(rangemode="tozero", row=1, col=1)
    subtitle = (
        "An epoch ends when the slowest partition is done; the first includes compilation. "
        "Weights are averaged in proportion to rows."
    )
    return style.apply(figure, title, subtitle, height=height)
