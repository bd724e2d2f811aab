"""Time and loss of partitions."""

from __future__ import annotations

import pandas as pd

from sakon.figures.workers import MAX_PARTITIONS, workers_by_epoch


def workers(partitions: int) -> pd.DataFrame:
    rows = [
        {"epoch": epoch, "partition": number, "rows": 10 + number, "seconds": epoch + number, "loss": 1 / epoch}
        for epoch in (1, 2)
        for number in range(partitions)
    ]
    return pd.DataFrame(rows)


def test_both_panels_have_a_line_per_partition() -> None:
    figure = workers_by_epoch(workers(2), "mlp (spark)")
    drawn = {(trace.name, trace.xaxis): list(trace.y) for trace in figure.data}
    assert drawn == {
        ("partition 0 (10 rows)", "x"): [1, 2],
        ("partition 1 (11 rows)", "x"): [2, 3],
        ("partition 0 (10 rows)", "x2"): [1.0, 0.5],
        ("partition 1 (11 rows)", "x2"): [1.0, 0.5],
    }
    assert "mlp (spark)" in figure.layout.title.text


def test_at_most_max_partitions_are_drawn() -> None:
    assert len(workers_by_epoch(workers(40), "mlp (spark)").data) == 2 * MAX_PARTITIONS


def test_without_epochs_the_figure_has_no_data() -> None:
    assert not workers_by_epoch(workers(0).reindex(columns=["partition"]), "mlp (spark)").data
