"""What every worker of a distributed training did."""

from __future__ import annotations

from sakon.figures import style
from sakon.lazy import go, pd

MOST_WORKERS = 16
"""Of more partitions only the first are drawn."""


def workers_by_epoch(workers: pd.DataFrame, family: str) -> go.Figure:
    """Draw how long every partition's learning took, and its loss before the answers were averaged, over the epochs.

    Args:
        workers: One row per epoch and partition: `epoch`, `partition`, `rows`, `seconds`, `loss`.
        family: Name of what was trained.

    Returns:
        Two panels, a line per partition in each; the longest line of the first is what an epoch waits for.
    """
    if workers.empty:
        return style.empty_figure(f"{family}: its workers", f"No epoch of {family} has been recorded yet.")
    figure, height = style.subplots(["Seconds of learning", "Loss of its own rows"], 2, 320)
    for place_of_line, (number, rows) in enumerate(list(workers.groupby("partition"))[:MOST_WORKERS]):
        name = f"partition {number} ({int(rows['rows'].iloc[0]):,} rows)"
        colour = style.class_colour(place_of_line)
        for place, column in enumerate(("seconds", "loss")):
            line = go.Scatter(
                x=rows["epoch"].to_numpy(),
                y=rows[column].to_numpy(),
                name=name,
                legendgroup=name,
                showlegend=place == 0,
                line={"color": colour, "width": 2},
                hovertemplate="%{y:.4g}",
            )
            figure.add_trace(line, **style.subplot_position(place, 2))
    figure.update_xaxes(title_text="Epoch")
    figure.update_yaxes(rangemode="tozero", row=1, col=1)
    subtitle = (
        "An epoch ends when the slowest has answered; the first includes compiling. Answers are averaged by rows."
    )
    return style.apply(figure, f"{family}: what its workers did", subtitle, height=height)
