"""Leaderboard and scores of slices."""

import numpy as np
import pandas as pd
import pytest

from sakon.figures import comparison, style


@pytest.fixture
def board():
    return pd.DataFrame(
        [
            ("mlp", "trained", 0.90, 0.88, 0.93, "not distinguishable", 1200, 3.5),
            ("cnn", "trained", 0.97, 0.95, 0.98, "better", 56789, 12.0),
            ("gan", "failed", np.nan, np.nan, np.nan, None, np.nan, np.nan),
            ("baseline", "trained", 0.91, 0.90, 0.92, "baseline", np.nan, 0.1),
            ("som", "trained", 0.70, 0.65, 0.74, "worse", 400, 1.0),
            ("vae", "not trained", np.nan, np.nan, np.nan, None, np.nan, np.nan),
            ("rnn", "not trained", np.nan, np.nan, np.nan, None, np.nan, np.nan),
        ],
        columns=["family", "status", "value", "low", "high", "verdict", "parameters", "train_seconds"],
    )


def points_of(figure):
    """Collect value, low, high, verdict by family from the traces."""
    return {
        family: (value, value - below, value + above, trace.name)
        for trace in figure.data
        for family, value, below, above in zip(
            trace.y, trace.x, trace.error_x.arrayminus, trace.error_x.array, strict=True
        )
    }


def test_leaderboard_shows_every_trained_family(board):
    points = points_of(comparison.leaderboard(board, "accuracy", True, "t"))
    expected = board[board["status"] == "trained"].set_index("family")
    assert set(points) == set(expected.index)
    for family, (*numbers, verdict) in points.items():
        assert numbers == pytest.approx(expected.loc[family, ["value", "low", "high"]].tolist())
        assert verdict == expected.loc[family, "verdict"]


@pytest.mark.parametrize(
    ("greater", "best_first"),
    [(True, ["cnn", "baseline", "mlp", "som"]), (False, ["som", "mlp", "baseline", "cnn"])],
)
def test_best_family_is_on_top(board, greater, best_first):
    figure = comparison.leaderboard(board, "accuracy", greater, "t")
    assert list(figure.layout.yaxis.categoryarray) == best_first[::-1]  # plotly starts at the bottom
    assert ("higher" if greater else "lower") in figure.layout.xaxis.title.text


def test_verdicts_differ_in_colour_and_symbol(board):
    figure = comparison.leaderboard(board, "accuracy", True, "t")
    styles = {(trace.marker.color, trace.marker.symbol) for trace in figure.data}
    assert len({colour for colour, _ in styles}) == len({symbol for _, symbol in styles}) == 4


def test_baseline_is_a_line_and_values_are_annotated(board):
    figure = comparison.leaderboard(board, "accuracy", True, "t")
    assert [(line.x0, line.x1, line.line.dash) for line in figure.layout.shapes] == [(0.91, 0.91, "dash")]
    annotations = {note.y: note.text for note in figure.layout.annotations}
    assert set(annotations) == {"cnn", "baseline", "mlp", "som"}
    assert all(number in annotations["cnn"] for number in ("0.970", "0.950", "0.980"))


def test_families_that_are_not_drawn_are_listed_by_status(board):
    board.loc[0, "value"] = np.nan  # trained, but its score is undefined
    title = comparison.leaderboard(board, "accuracy", True, "Digits").layout.title.text
    assert "Digits" in title
    assert "Trained, but the score is undefined: mlp. Failed: gan. Not trained: vae, rnn." in title


def test_hover_text_shows_details_that_exist(board):
    figure = comparison.leaderboard(board, "accuracy", True, "t")
    hover = {family: text for trace in figure.data for family, text in zip(trace.y, trace.text, strict=True)}
    assert "parameters: 56,789" in hover["cnn"]
    assert "training time (s): 12.00" in hover["cnn"]
    assert "parameters" not in hover["baseline"]


def test_families_without_verdict_are_drawn(board):
    board["verdict"] = None
    assert {verdict for *_, verdict in points_of(comparison.leaderboard(board, "mae", False, "t")).values()} == {
        "not compared"
    }


def test_axis_shows_the_unit(board):
    assert "RMSE (kWh)" in comparison.leaderboard(board, "rmse", False, "t", unit="kWh").layout.xaxis.title.text


def test_empty_leaderboard_states_the_reason(board):
    figure = comparison.leaderboard(board[board["status"] != "trained"], "accuracy", True, "t")
    assert figure.layout.annotations[0].text == (
        "No family has been trained yet.<br>Failed: gan. Not trained: vae, rnn."
    )
    assert "No family" in comparison.leaderboard(pd.DataFrame(), "accuracy", True, "t").layout.annotations[0].text


def slice_table(spreads, families=("mlp", "cnn"), values=2):
    """Return slices in which the score of the last family rises by `spreads[column]` over the values."""
    rows = [
        (family, column, f"v{index}", 100 - index, score, score - 0.1, score + 0.05)
        for column, spread in spreads.items()
        for index in range(values)
        for family in families
        for score in [0.5 + (family == families[-1]) * spread * index / (values - 1)]
    ]
    return pd.DataFrame(rows, columns=["family", "column", "value", "rows", "score", "low", "high"])


def titles_of(figure):
    return [note.text for note in figure.layout.annotations]


def test_slices_show_the_six_columns_with_the_largest_differences():
    spreads = {f"c{index}": index / 20 for index in range(8)}
    figure = comparison.slice_scores(slice_table(spreads), "accuracy")
    assert titles_of(figure) == [f"<b>c{index}</b>" for index in (7, 6, 5, 4, 3, 2)]


def test_slices_show_scores_with_intervals_in_the_colour_of_the_family():
    figure = comparison.slice_scores(slice_table({"sex": 0.2}), "accuracy")
    traces = {trace.name: trace for trace in figure.data}
    assert list(traces["cnn"].x) == ["v0", "v1"]
    assert traces["cnn"].y == pytest.approx([0.5, 0.7])
    assert traces["mlp"].y == pytest.approx([0.5, 0.5])
    assert traces["cnn"].error_y.array == pytest.approx([0.05, 0.05])
    assert traces["cnn"].error_y.arrayminus == pytest.approx([0.1, 0.1])
    assert {name: trace.marker.color for name, trace in traces.items()} == style.family_colours(["mlp", "cnn"])
    low, high = figure.layout.yaxis.range
    assert low < 0.4
    assert high > 0.75


def test_slices_show_the_eight_largest_groups():
    figure = comparison.slice_scores(slice_table({"city": 0.2}, values=12), "accuracy")
    assert list(figure.layout.xaxis.categoryarray) == [f"v{index}" for index in range(8)]
    assert all(set(trace.x) == set(figure.layout.xaxis.categoryarray) for trace in figure.data)


def test_legend_lists_each_family_once_even_if_absent_from_the_first_panel():
    table = slice_table({"first": 0.4, "second": 0.1})
    table = table[(table["family"] != "mlp") | (table["column"] != "first")]
    figure = comparison.slice_scores(table, "accuracy")
    legend = [(trace.name, trace.xaxis) for trace in figure.data if trace.showlegend]
    assert sorted(legend) == [("cnn", "x"), ("mlp", "x2")]


def test_without_slices_the_figure_states_it():
    columns = ["family", "column", "value", "rows", "score", "low", "high"]
    for table in (pd.DataFrame(columns=columns), slice_table({"sex": 0.1}).assign(score=np.nan)):
        assert titles_of(comparison.slice_scores(table, "accuracy")) == [
            "No column has groups with enough rows to be scored."
        ]
