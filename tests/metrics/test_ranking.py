"""Areas under curves, computed by hand and by definition."""

from __future__ import annotations

import numpy as np
import pytest

from sakon.metrics.ranking import area_under_roc, average_precision

IS_POSITIVE = np.array([True, False, True, False, True])
SCORES = np.array([0.9, 0.8, 0.8, 0.3, 0.1])
ONCE = np.ones((1, 5))


def test_areas_computed_by_hand() -> None:
    # of 3 · 2 pairs, 0.9 wins two, 0.8 one and a half, 0.1 none
    assert area_under_roc(IS_POSITIVE, SCORES)(ONCE) == pytest.approx([3.5 / 6])
    # precision at the thresholds 0.9, 0.8 and 0.1
    assert average_precision(IS_POSITIVE, SCORES)(ONCE) == pytest.approx([(1 / 1 + 2 / 3 + 3 / 5) / 3])


@pytest.mark.parametrize("area", [area_under_roc, average_precision])
def test_rows_count_as_often_as_they_are_drawn(area) -> None:
    counts = np.array([[2, 1, 0, 3, 1], [0, 1, 1, 0, 0], [1, 0, 1, 0, 1], [0, 2, 0, 1, 0], [0, 0, 0, 0, 0]])
    rows = [np.repeat(np.arange(5), count) for count in counts]
    expected = [area(IS_POSITIVE[drawn], SCORES[drawn])(np.ones((1, len(drawn))))[0] for drawn in rows]
    assert np.isnan(expected).tolist() == [False, False, True, True, True]  # without positive or negative rows
    np.testing.assert_allclose(area(IS_POSITIVE, SCORES)(counts.astype(float)), expected)
