"""The common style of figures."""

import numpy as np
import pytest

from sakon.figures import style


def test_colour_of_a_family_does_not_depend_on_the_others():
    alone = style.family_colours(["vae"])
    together = style.family_colours(["zebra", *reversed(style.FAMILIES)])
    assert alone["vae"] == together["vae"]
    assert len(set(together.values())) == len(style.FAMILIES) + 1
    assert list(together) == [*style.FAMILIES, "zebra"]


def test_colours_repeat_for_many_families():
    names = [f"family_{index}" for index in range(40)]
    assert set(style.family_colours(names)) == set(names)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("loss", "Loss"),
        ("roc_auc", "ROC AUC"),
        ("r2", "R²"),
        ("expected_calibration_error", "Expected calibration error"),
        ("kl_divergence", "KL divergence"),
        ("smape", "sMAPE"),
        ("learning_rate", "Learning rate"),
    ],
)
def test_metric_label(metric, expected):
    assert style.metric_label(metric) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.97349, "0.973"),
        (12.345, "12.3"),
        (-1.2, "-1.20"),
        (123456.7, "123,457"),
        (0.00012345, "1.23e-04"),
        (0.0, "0.000"),
        (np.nan, "–"),
    ],
)
def test_format_number(value, expected):
    assert style.format_number(value) == expected


def test_shorten_keeps_the_beginning():
    assert style.shorten("abcdef", 6) == "abcdef"
    assert style.shorten("abcdefg", 6) == "abcde…"


def test_empty_figure_states_the_reason():
    figure = style.empty_figure("Leaderboard", "Nothing has been trained.")
    assert [note.text for note in figure.layout.annotations] == ["Nothing has been trained."]
    assert "Leaderboard" in figure.layout.title.text
    assert not figure.data


def test_error_figure_shows_title_and_escaped_message():
    figure = style.error_figure("mlp: learning curves", "expected <rows>, found 0")
    (annotation,) = figure.layout.annotations
    assert "expected &lt;rows&gt;, found 0" in annotation.text
    assert "mlp: learning curves" in figure.layout.title.text
    assert not figure.data


def test_error_figure_wraps_and_cuts_a_long_message():
    (annotation,) = style.error_figure("t", "word " * 1000).layout.annotations
    lines = annotation.text.split("<br>")
    assert len(lines) > 2
    assert max(map(len, lines)) <= style.REASON_WIDTH
    assert sum(map(len, lines)) < style.MAX_REASON + 100
    assert lines[-1].endswith("…")
