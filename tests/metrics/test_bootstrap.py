"""Bootstrap values, intervals and verdicts."""

import numpy as np
import pytest

from sakon.metrics import METRICS, bootstrap, bootstrap_metric, percentile_interval, verdict


@pytest.fixture
def predictions():
    """60 rows of four classes, predicted better than chance, coarse enough for ties."""
    generator = np.random.default_rng(3)
    targets = generator.integers(0, 4, size=60)
    weights = np.round(generator.random((60, 4)) + 0.4 * np.eye(4)[targets], 1)
    return targets, weights / weights.sum(axis=1, keepdims=True)


def drawn_rows(rows, resamples, seed, block=1):
    """Draw the rows independently, as documented: one resample after the other from one generator."""
    generator = np.random.default_rng(seed)
    starts = [generator.integers(rows - block + 1, size=int(np.ceil(rows / block))) for _ in range(resamples)]
    return [np.concatenate([np.arange(start, start + block) for start in each]) for each in starts]


@pytest.mark.parametrize("name", [name for name in METRICS if "classification" in METRICS[name].tasks])
@pytest.mark.parametrize("positive", [None, 0])
def test_each_value_is_the_metric_of_the_drawn_rows(name, positive, predictions):
    targets, probabilities = predictions
    if METRICS[name].binary_only:
        targets, probabilities = targets % 2, probabilities[:, :2]
    drawn = drawn_rows(len(targets), 20, seed=7)
    expected = [METRICS[name](targets[rows], probabilities[rows], positive) for rows in drawn]
    assert bootstrap_metric(METRICS[name], targets, probabilities, positive, 20, 7) == pytest.approx(expected)


@pytest.mark.parametrize("name", [name for name in METRICS if "regression" in METRICS[name].tasks])
def test_each_regression_value_is_the_metric_of_the_drawn_rows(name):
    generator = np.random.default_rng(1)
    targets = generator.normal(1e4, 3, size=40).astype(np.float32)
    predicted = (targets + generator.normal(size=40)).astype(np.float32)
    expected = [METRICS[name](targets[rows], predicted[rows]) for rows in drawn_rows(40, 20, seed=7)]
    assert bootstrap_metric(METRICS[name], targets, predicted, None, 20, 7) == pytest.approx(expected)


@pytest.mark.parametrize("block", [1, 2, 3, 7, 39, 40])
def test_rows_of_a_block_are_drawn_together(block):
    targets = np.random.default_rng(2).normal(size=40)
    expected = [np.abs(targets[rows]).mean() for rows in drawn_rows(40, 20, seed=7, block=block)]
    values = bootstrap_metric(METRICS["mae"], targets, np.zeros(40), None, 20, 7, block)
    assert values == pytest.approx(expected)


def test_a_block_longer_than_the_rows_is_all_rows():
    values = bootstrap_metric(METRICS["mae"], np.array([1.0, 2.0, 6.0]), np.zeros(3), None, 5, 0, block=4)
    assert values.tolist() == [3.0] * 5


def test_blocks_widen_the_interval_of_correlated_rows():
    errors = np.repeat(np.random.default_rng(4).exponential(size=800), 5)  # equal in five rows each
    by_row, by_block = (
        np.std(bootstrap_metric(METRICS["mae"], errors, np.zeros(4000), None, 400, 0, block)) for block in (1, 50)
    )
    assert by_row == pytest.approx(np.std(errors) / np.sqrt(4000), rel=0.15)
    assert by_block == pytest.approx(np.std(errors) / np.sqrt(800), rel=0.15)


def test_default_is_a_thousand_resamples_of_single_rows_from_seed_0(predictions):
    expected = bootstrap_metric(METRICS["accuracy"], *predictions, None, 1000, 0, 1)
    np.testing.assert_array_equal(bootstrap_metric(METRICS["accuracy"], *predictions), expected)


def test_r2_of_a_resample_with_equal_targets_is_nan():
    targets = np.array([-1.0, -0.6, 0.1])  # whose squares do not cancel exactly
    values = bootstrap_metric(METRICS["r2"], targets, np.array([-1.0, -0.5, 0.0]), None, 200, 0)
    equal = [len(set(rows)) == 1 for rows in drawn_rows(3, 200, seed=0)]
    assert np.isnan(values).tolist() == equal
    assert any(equal)


@pytest.mark.parametrize("max_counts", [10, 130])  # one or two resamples of 60 rows
def test_values_do_not_depend_on_the_chunk_size(predictions, monkeypatch, max_counts):
    whole = bootstrap_metric(METRICS["roc_auc"], *predictions, None, 25, 1)
    monkeypatch.setattr(bootstrap, "MAX_COUNTS", max_counts)
    assert bootstrap_metric(METRICS["roc_auc"], *predictions, None, 25, 1) == pytest.approx(whole, rel=1e-12)


def test_two_families_are_resampled_alike(predictions):
    targets, probabilities = predictions
    correct = probabilities.argmax(axis=1) == targets
    complementary = np.eye(4)[np.where(correct, (targets + 1) % 4, targets)]
    first = bootstrap_metric(METRICS["accuracy"], targets, probabilities, None, 200, 5)
    second = bootstrap_metric(METRICS["accuracy"], targets, complementary, None, 200, 5)
    assert first + second == pytest.approx(1.0)
    assert np.std(first) > 0
    assert not np.array_equal(first, bootstrap_metric(METRICS["accuracy"], targets, probabilities, None, 200, 6))


def test_interval_of_accuracy_equals_the_binomial_interval():
    targets = np.repeat([0, 1], [320, 80])  # class 0 is always predicted: accuracy 0.8
    samples = bootstrap_metric(METRICS["accuracy"], targets, np.tile([0.9, 0.1], (400, 1)), None, 2000, 0)
    error = np.sqrt(0.8 * 0.2 / 400)
    assert percentile_interval(samples) == pytest.approx((0.8 - 1.96 * error, 0.8 + 1.96 * error), abs=0.004)


@pytest.mark.filterwarnings("error")
def test_values_without_rows_are_nan_and_without_resamples_empty():
    empty = np.zeros(0)
    assert np.isnan(bootstrap_metric(METRICS["mae"], empty, empty, None, 3, 0)).tolist() == [True] * 3
    assert bootstrap_metric(METRICS["mae"], np.ones(2), np.ones(2), None, 0, 0).shape == (0,)


def test_interval_ignores_nan():
    samples = np.concatenate([np.arange(101.0), [np.nan] * 50])
    assert percentile_interval(samples, level=0.9) == pytest.approx((5.0, 95.0))
    assert percentile_interval(samples) == pytest.approx((2.5, 97.5))
    assert np.isnan(percentile_interval(np.full(3, np.nan))).all()


@pytest.mark.parametrize("level", [-0.5, 0, 1, 95])
def test_level_outside_0_and_1_raises(level):
    with pytest.raises(ValueError, match=f"between 0 and 1, found {level}"):
        percentile_interval(np.ones(3), level)


@pytest.mark.parametrize(
    ("low", "high", "greater_is_better", "expected"),
    [
        (0.1, 0.2, True, "better"),
        (0.1, 0.2, False, "worse"),
        (-0.2, -0.1, True, "worse"),
        (-0.2, -0.1, False, "better"),
        (-0.1, 0.2, True, "not distinguishable"),
        (0.0, 0.0, True, "not distinguishable"),
        (0.0, 0.0, False, "not distinguishable"),
        (np.nan, np.nan, True, "not distinguishable"),
    ],
)
def test_verdict(low, high, greater_is_better, expected):
    assert verdict(np.linspace(low, high, 100), greater_is_better) == expected


def test_a_higher_level_gives_fewer_verdicts():
    differences = np.concatenate([np.full(4, -1.0), np.full(96, 1.0)])
    assert verdict(differences, True, level=0.9) == "better"
    assert verdict(differences, True, level=0.95) == verdict(differences, True) == "not distinguishable"
