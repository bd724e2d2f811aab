"""The common look."""

import numpy as np
import pytest

from sakon.figures import style


def test_a_family_has_one_colour_whoever_else_is_drawn():
    alone = style.colours(["vae"])
    together = style.colours(["zebra", *reversed(style.FAMILIES)])
    assert alone["vae"] == together["vae"]
    assert len(set(together.values())) == len(style.FAMILIES) + 1
    assert list(together) == [*style.FAMILIES, "zebra"]


def test_more_families_than_colours_are_still_drawn():
    names = [f"family_{index}" for index in range(40)]
    assert set(style.colours(names)) == set(names)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("loss", "Loss"),
        ("roc_auc", "ROC AUC"),
        ("r2", "R²"),
        ("expected_calibration_error", "Expected calibration error"),
        ("kl_divergence", "KL divergence"),
        ("learning_rate", "Learning rate"),
    ],
)
def test_label(metric, expected):
    assert style.label(metric) == expected


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
def test_significant(value, expected):
    assert style.significant(value) == expected


def test_shortened_names_keep_their_beginning():
    assert style.shortened("abcdef", 6) == "abcdef"
    assert style.shortened("abcdefg", 6) == "abcde…"


def test_an_empty_figure_says_why():
    figure = style.empty("Leaderboard", "Nothing has been trained.")
    assert [note.text for note in figure.layout.annotations] == ["Nothing has been trained."]
    assert "Leaderboard" in figure.layout.title.text
    assert not figure.data
