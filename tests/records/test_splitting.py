"""Splits without leakage."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sakon import kinds
from sakon.errors import DataError
from sakon.problem import Problem, Schema, SplitConfig
from sakon.records.splitting import TEST, TRAIN, VALIDATION, assign_splits, check_reserved_names, split_groups

SEEDS = st.integers(0, 10_000)


def table(seed: int, rows: int, contents: int, groups: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    content = rng.integers(contents, size=rows)
    return pd.DataFrame(
        {"x": content * 1.5, "group": rng.integers(groups, size=rows), "t": rng.permutation(rows), "y": content % 2}
    )


def schema(task: str = "classification") -> Schema:
    classes = (0, 1) if task == "classification" else ()
    return Schema(kind="tabular", task=task, target="y", features={"x": "number"}, classes=classes)


def problem(seed: int = 0, **split: object) -> Problem:
    return Problem(kind="tabular", target="y", seed=seed, split=SplitConfig.model_validate(split))


@given(seed=SEEDS, rows=st.integers(60, 300))
@settings(max_examples=40, deadline=None)
def test_equal_rows_are_in_one_split(seed: int, rows: int) -> None:
    records = table(seed, rows, contents=20)
    splits = assign_splits(records, schema(), problem(seed))
    assert (pd.Series(splits).groupby(records["x"].to_numpy()).nunique() == 1).all()


@given(seed=SEEDS)
@settings(max_examples=40, deadline=None)
def test_groups_and_equal_rows_are_in_one_split(seed: int) -> None:
    records = table(seed, 300, contents=200, groups=120)
    try:
        splits = pd.Series(assign_splits(records, schema(), problem(seed, group="group")))
    except DataError:
        return  # equal rows can chain all groups into fewer than three
    assert (splits.groupby(records["group"]).nunique() == 1).all()
    assert (splits.groupby(records["x"]).nunique() == 1).all()


@given(seed=SEEDS)
@settings(max_examples=40, deadline=None)
def test_time_runs_forward(seed: int) -> None:
    records = table(seed, 200, contents=200).assign(x=np.arange(200))
    splits = assign_splits(records, schema(), problem(seed, time="t"))
    latest = [records["t"][splits == number].max() for number in (TRAIN, VALIDATION)]
    earliest = [records["t"][splits == number].min() for number in (VALIDATION, TEST)]
    assert latest[0] < earliest[0]
    assert latest[1] < earliest[1]


@given(seed=SEEDS, rare=st.integers(3, 8))
@settings(max_examples=40, deadline=None)
def test_every_class_is_in_every_split(seed: int, rare: int) -> None:
    records = pd.DataFrame({"x": np.arange(200), "y": [1] * rare + [0] * (200 - rare)})
    splits = assign_splits(records, schema(), problem(seed))
    for number in (TRAIN, VALIDATION, TEST):
        assert set(records["y"][splits == number]) == {0, 1}


@given(seed=SEEDS, test=st.floats(0.1, 0.4), validation=st.floats(0.1, 0.4))
@settings(max_examples=40, deadline=None)
def test_splits_have_the_configured_fractions(seed: int, test: float, validation: float) -> None:
    records = pd.DataFrame({"x": np.arange(500), "y": np.arange(500) % 2})
    splits = assign_splits(records, schema(), problem(seed, test=test, validation=validation))
    assert np.mean(splits == TEST) == pytest.approx(test, abs=0.01)
    assert np.mean(splits == VALIDATION) == pytest.approx(validation, abs=0.01)


def test_regression_splits_have_similar_targets() -> None:
    records = pd.DataFrame({"x": np.arange(1000), "y": np.random.default_rng(0).exponential(size=1000)})
    splits = assign_splits(records, schema("regression"), problem())
    means = [records["y"][splits == number].mean() for number in (TRAIN, VALIDATION, TEST)]
    assert max(means) - min(means) < 0.15


def test_splits_depend_on_the_seed() -> None:
    records = table(0, 200, 150)
    first, again, other = (assign_splits(records, schema(), problem(seed)) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_too_few_distinct_rows_of_a_class() -> None:
    records = pd.DataFrame({"x": [1.0] * 5 + list(range(2, 30)), "y": [1] * 5 + [0] * 28})
    with pytest.raises(DataError, match="expected at least 3 distinct rows .* found 1 of class 1"):
        assign_splits(records, schema(), problem())


def test_a_class_missing_in_train_is_refused() -> None:
    records = pd.DataFrame({"x": np.arange(100), "t": np.arange(100), "y": [0] * 95 + [1] * 5})
    with pytest.raises(DataError, match=r"expected every class in train, found \[1\] only in validation or test"):
        assign_splits(records, schema(), problem(time="t"))


def test_days_split_a_table_by_time() -> None:
    timestamps = pd.date_range("2024-01-01", periods=100).astype(str)
    raw = pd.DataFrame({"when": timestamps, "x": np.arange(100.0), "y": np.arange(100.0) * 1.5})
    split = {"time": "when", "begin": "2024-01-03", "validation_begin": "2024-02-01", "test_begin": "2024-03-01"}
    configuration = Problem(kind="tabular", target="y", split=split | {"end": "2024-03-31"})
    records, schema = kinds.get("tabular").make_records(raw, configuration)
    tables = kinds.get("tabular").split(records, schema, configuration)
    assert [(table["when"].min(), table["when"].max()) for table in tables] == [
        ("2024-01-03", "2024-01-31"),
        ("2024-02-01", "2024-02-29"),
        ("2024-03-01", "2024-03-31"),
    ]


@pytest.mark.parametrize("form", ["%d.%m.%Y", "%Y-%m-%d", "%m/%d/%y"])
def test_texts_split_a_table_by_time_not_by_alphabet(form: str) -> None:
    days = pd.Series(pd.date_range("2023-11-01", periods=120))
    records = pd.DataFrame({"x": np.arange(120), "t": days.dt.strftime(form), "y": np.arange(120) % 2})
    splits = assign_splits(records, schema(), problem(time="t"))
    assert list(splits) == sorted(splits)
    assert set(splits) == {0, 1, 2}


@pytest.mark.parametrize(
    "split",
    [
        {"begin": "2024-01-01"},
        {"time": "when", "validation_begin": "2024-02-01"},
        {"time": "when", "validation_begin": "2024-03-01", "test_begin": "2024-02-01"},
    ],
)
def test_invalid_days_are_refused(split: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Problem(kind="tabular", target="y", split=split)


def test_groups_may_begin_with_any_class() -> None:
    """Each of thirty subjects does all activities; only one begins with the activity 0."""
    subject = np.repeat(np.arange(30), 6)
    activity = np.tile([1, 0, 2, 3, 4, 5], 30)
    activity[:2] = 0, 1
    records = pd.DataFrame({"x": np.arange(180.0), "group": subject, "y": activity})
    activities = Schema(
        kind="tabular", task="classification", target="y", features={"x": "number"}, classes=tuple(range(6))
    )
    splits = pd.Series(assign_splits(records, activities, problem(0, group="group")))
    assert (splits.groupby(subject).nunique() == 1).all()
    assert (splits.groupby(activity).nunique() == 3).all()


def test_fractions_of_rows_in_time_are_exact() -> None:
    records = pd.DataFrame({"x": np.arange(100), "t": np.arange(100), "y": np.arange(100) % 2})
    splits = assign_splits(records, schema(), problem(time="t", test=0.2, validation=0.16))
    assert list(splits) == [TRAIN] * 64 + [VALIDATION] * 16 + [TEST] * 20
    assert splits.dtype == np.int8


def test_rows_of_one_time_are_in_one_split() -> None:
    days = np.repeat(np.arange(10), 10)
    records = pd.DataFrame({"x": np.arange(100), "t": days, "y": np.arange(100) % 2})
    splits = assign_splits(records, schema(), problem(time="t", test=0.25, validation=0.25))
    assert list(splits[::10]) == [TRAIN] * 5 + [VALIDATION] * 3 + [TEST] * 2
    assert (pd.Series(splits).groupby(days).nunique() == 1).all()


def test_a_row_that_repeats_later_is_in_the_earliest_split() -> None:
    x = np.arange(100)
    x[[70, 90]] = 3, 69
    records = pd.DataFrame({"x": x, "t": np.arange(100), "y": np.arange(100) % 2})
    splits = assign_splits(records, schema(), problem(time="t", test=0.2, validation=0.16))
    assert (splits[70], splits[90]) == (TRAIN, VALIDATION)
    assert np.bincount(splits).tolist() == [65, 16, 19]


@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_fractions_count_rows_not_groups(seed: int) -> None:
    sizes = np.arange(1, 41)
    group = np.repeat(np.arange(40), sizes)
    records = pd.DataFrame({"x": np.arange(len(group)), "group": group, "y": group % 2})
    splits = assign_splits(records, schema(), problem(seed, group="group", test=0.3, validation=0.2))
    largest_error = 2 * sizes.max() / 2  # rows at one border: half of a group in each of two classes
    for number, share, borders in ((TEST, 0.3, 1), (VALIDATION, 0.2, 2)):
        assert np.sum(splits == number) == pytest.approx(share * len(group), abs=borders * largest_error)


def test_every_fifth_of_a_numeric_target_is_split_alike() -> None:
    records = pd.DataFrame({"x": np.arange(500), "y": np.random.default_rng(0).permutation(500) ** 2.0})
    splits = assign_splits(records, schema("regression"), problem(test=0.2, validation=0.1))
    fifth = records["y"].rank().sub(1) // 100
    counts = pd.crosstab(fifth, splits)
    assert counts.to_numpy().tolist() == [[70, 10, 20]] * 5


@pytest.mark.parametrize("rows", [3, 4, 5])
def test_few_rows_of_a_class_are_in_all_splits(rows: int) -> None:
    records = pd.DataFrame({"x": np.arange(100), "y": [1] * rows + [0] * (100 - rows)})
    for validation, test in ((0.05, 0.05), (0.05, 0.9), (0.9, 0.05)):
        splits = assign_splits(records, schema(), problem(validation=validation, test=test))
        assert set(splits[:rows]) == {TRAIN, VALIDATION, TEST}


def test_a_stratum_of_two_groups_is_refused_and_one_of_three_is_not() -> None:
    def assign(groups_of_class_1: int) -> np.ndarray:
        group = np.repeat(np.arange(30), 5)
        y = (group < groups_of_class_1).astype(int)
        records = pd.DataFrame({"x": np.arange(150), "group": group, "y": y})
        return assign_splits(records, schema(), problem(group="group"))

    with pytest.raises(DataError, match="found 2 of class 1"):
        assign(2)
    assert len(set(assign(3)[:15])) == 3


@pytest.mark.parametrize(
    ("sizes", "validation", "test", "splits"),
    [  # with these sizes one split would be empty in any order of the groups
        ((5, 6, 7), 0.05, 0.05, (TEST, VALIDATION, TRAIN)),
        ((5, 6, 7), 0.05, 0.9, (TEST, VALIDATION, TRAIN)),
        ((5, 6, 7), 0.9, 0.05, (TEST, VALIDATION, TRAIN)),
        ((5, 6, 7), 0.05, 0.2, (TEST, VALIDATION, TRAIN)),
        ((5, 6, 7, 8), 0.6, 0.35, (TEST, TEST, VALIDATION, TRAIN)),
        ((5, 6, 7, 8), 0.8, 0.15, (TEST, VALIDATION, VALIDATION, TRAIN)),
        ((1, 2, 3, 94), 0.16, 0.2, (TEST, TEST, VALIDATION, TRAIN)),
        ((10, 11, 12, 13, 14), 0.01, 0.9, (TEST, TEST, TEST, VALIDATION, TRAIN)),
        ((10, 11, 12, 13, 14), 0.9, 0.01, (TEST, VALIDATION, VALIDATION, VALIDATION, TRAIN)),
    ],
)
def test_groups_by_size_if_a_split_would_be_empty(
    sizes: tuple[int, ...], validation: float, test: float, splits: tuple[int, ...]
) -> None:
    group = np.repeat(np.arange(len(sizes)), sizes)
    records = pd.DataFrame({"x": np.arange(len(group)), "group": group, "y": 0})
    for seed in range(3):
        result = assign_splits(records, schema(), problem(seed, group="group", validation=validation, test=test))
        assert result.tolist() == np.repeat(splits, sizes).tolist()
        assert result.dtype == np.int8


def split_of_middle(middle: float) -> int:
    return TEST if middle < 0.184 else VALIDATION if middle < 0.36 else TRAIN


@pytest.mark.parametrize("seed", [0, 1])
def test_rows_of_each_class_in_random_order_are_test_then_validation_then_train(seed: int) -> None:
    records = pd.DataFrame({"x": np.arange(50), "y": np.arange(50) % 2})
    rng = np.random.default_rng(seed)
    expected = np.empty(50)
    for label in (0, 1):
        expected[rng.permutation(np.arange(label, 50, 2))] = [split_of_middle((k + 0.5) / 25) for k in range(25)]
    splits = assign_splits(records, schema(), problem(seed, test=0.184, validation=0.176))
    assert splits.tolist() == expected.tolist()


@pytest.mark.parametrize("sizes", [range(1, 31), [3] * 40 + [2000]])  # the second needs the order of sizes
def test_groups_in_random_order_are_split_by_the_rows_before_their_middle(sizes: list[int]) -> None:
    group = np.repeat(np.arange(len(sizes)), sizes)
    records = pd.DataFrame({"x": np.arange(len(group)), "group": group, "y": 0})
    order = [int(number) for number in np.random.default_rng(7).permutation(len(sizes))]
    if max(sizes) > 1000:
        order.sort(key=lambda number: sizes[number])
    middles = [(sum(sizes[other] for other in order[:k]) + sizes[number] / 2) for k, number in enumerate(order)]
    expected = {number: split_of_middle(middle / len(group)) for number, middle in zip(order, middles, strict=True)}
    if max(sizes) > 1000:
        expected[order[39]] = VALIDATION
    splits = assign_splits(records, schema(), problem(7, group="group", test=0.184, validation=0.176))
    assert splits.tolist() == [expected[number] for number in group]


def test_classes_that_few_groups_begin_with_are_drawn_with_the_largest() -> None:
    """Three groups hold class 2, but only one begins with it; ten begin with 1 and with 3, twelve with 0."""
    first = np.repeat([0, 1, 2, 3], [12, 10, 1, 10])
    second = np.where(np.isin(np.arange(33), [0, 1]), 2, first)
    records = pd.DataFrame(
        {"x": np.arange(66), "group": np.repeat(np.arange(33), 2), "y": np.stack([first, second], 1).ravel()}
    )
    four = schema().model_copy(update={"classes": (0, 1, 2, 3)})
    for seed in (0, 1, 2):
        splits = assign_splits(records, four, problem(seed, group="group", test=0.2, validation=0.2))[::2]
        assert np.bincount(splits[12:22]).tolist() == np.bincount(splits[23:]).tolist() == [6, 2, 2]


def test_all_rows_may_be_of_one_group() -> None:
    records = pd.DataFrame({"x": np.arange(3), "group": "a"})
    assert split_groups(records, schema(), SplitConfig(group="group")).tolist() == [0, 0, 0]


def test_a_group_whose_middle_is_at_a_border_is_in_the_split_that_train_is_nearer_to() -> None:
    records = pd.DataFrame({"x": np.arange(10), "group": np.arange(10) // 2, "y": 0})
    splits = assign_splits(records, schema(), problem(group="group", test=0.3, validation=0.4))
    assert np.bincount(splits).tolist() == [4, 4, 2]  # the middles are at 0.1, 0.3, 0.5, 0.7 and 0.9


def test_a_numeric_target_needs_three_rows_in_every_fifth() -> None:
    records = pd.DataFrame({"x": np.arange(15), "y": np.arange(15) % 4 * 1.5})
    splits = assign_splits(records, schema("regression"), problem())
    assert np.bincount(splits).tolist() == [5, 5, 5]
    for rows in (1, 4, 14):
        with pytest.raises(DataError, match="^Target 'y': expected at least 15 distinct rows"):
            assign_splits(records[:rows], schema("regression"), problem())


def test_rows_are_equal_if_all_their_features_are() -> None:
    records = pd.DataFrame({"x": [1, 1, 2, 1, 2], "z": [2, 3, 1, 2, 1], "y": [0, 1, 0, 1, 0]})
    two_features = schema().model_copy(update={"features": {"x": "number", "z": "number"}})
    assert split_groups(records, two_features, SplitConfig()).tolist() == [0, 1, 2, 0, 2]


def test_groups_that_share_a_row_are_joined() -> None:
    records = pd.DataFrame({"x": [5, 6, 5, 7, 8, 6], "group": ["a", "b", "c", "c", "d", "d"]})
    assert split_groups(records, schema(), SplitConfig(group="group")).tolist() == [0, 1, 0, 0, 1, 1]


DAYS = {"validation_begin": "2024-02-01", "test_begin": "2024-03-01"}


@pytest.mark.parametrize(
    ("times", "days", "split"),
    [
        ([3], {}, "train"),
        ([3, 4], {}, "validation"),
        ([3, 3, 3, 3, 3], {}, "validation"),
        (["2024-01-31", "2024-02-01", "2024-02-29 23:59:59"], DAYS, "test"),
        (["2024-02-01", "2024-02-29", "2024-03-01"], DAYS, "train"),
    ],
)
def test_a_split_in_time_without_rows_is_refused(times: list[object], days: dict[str, str], split: str) -> None:
    records = pd.DataFrame({"x": np.arange(len(times)), "t": times, "y": 0})
    with pytest.raises(DataError, match=rf"^problem.split.time: .* found none for {split} in {len(times)} rows"):
        assign_splits(records, schema(), problem(time="t", **days))


def test_classes_missing_in_train_are_listed_in_order() -> None:
    records = pd.DataFrame({"x": np.arange(100), "t": np.arange(100), "y": [0] * 94 + [2, 1, 2, 1, 2, 1]})
    three = schema().model_copy(update={"classes": (0, 1, 2)})
    with pytest.raises(DataError, match=r"^Target 'y': expected every class in train, found \[1, 2\] only in"):
        assign_splits(records, three, problem(time="t"))


@pytest.mark.parametrize(
    ("feature", "target", "split", "names"),
    [
        ("_sakon_x", "y", {}, "_sakon_x"),
        ("x", "__sakon_y", {}, "__sakon_y"),
        ("_sakon_x", "y", {"group": "_sakon_x", "time": "_sakon_t"}, "_sakon_x, _sakon_t"),
    ],
)
def test_reserved_names_are_refused(feature: str, target: str, split: dict[str, str], names: str) -> None:
    columns = Schema(kind="tabular", task="regression", target=target, features={feature: "number"})
    with pytest.raises(DataError, match=f"begins with _sakon_ or __sakon_, which is reserved, found {names}; rename"):
        check_reserved_names(columns, SplitConfig.model_validate(split))


def test_names_that_contain_a_reserved_prefix_are_accepted() -> None:
    columns = Schema(kind="tabular", task="regression", target="sakon_", features={"x_sakon_": "number"})
    check_reserved_names(columns, SplitConfig(group="sakon", time="t"))


def test_rows_without_a_group_are_a_group() -> None:
    group = [None if row % 20 == 0 else f"g{row % 19}" for row in range(200)]
    records = pd.DataFrame({"x": np.arange(200), "group": group, "y": np.arange(200) % 2})
    numbers = split_groups(records, schema(), SplitConfig(group="group"))
    assert len(set(numbers)) == 20
    assert len({number for number, name in zip(numbers, group, strict=True) if name is None}) == 1


def test_equal_images_are_in_one_split() -> None:
    pictures = [np.full(4, row // 3, dtype=np.uint8) for row in range(120)]
    records = pd.DataFrame({"image": pictures, "y": np.arange(120) % 2})
    images = Schema(
        kind="image", task="classification", target="y", features={"image": "image"}, classes=(0, 1), shape=(2, 2, 1)
    )
    numbers = split_groups(records, images, SplitConfig())
    assert numbers.tolist() == [row // 3 for row in range(120)]
    splits = pd.Series(assign_splits(records, images, problem()))
    assert (splits.groupby(np.arange(120) // 3).nunique() == 1).all()


@pytest.mark.parametrize("sizes", [(80, 10, 10), (10, 80, 10), (5, 80, 15), (10, 10, 80), (90, 2, 2, 2, 2, 2)])
def test_a_group_of_most_rows_is_in_train(sizes: tuple[int, ...]) -> None:
    target = np.concatenate([np.arange(size) % 2 for size in sizes])
    groups = np.repeat(np.arange(len(sizes)), sizes)
    records = pd.DataFrame({"x": np.arange(len(groups)), "group": groups, "y": target})
    for seed in range(10):
        splits = assign_splits(records, schema(), problem(seed, group="group"))
        assert set(groups[splits == TRAIN]) >= {int(np.argmax(sizes))}
        assert set(splits) == {TRAIN, VALIDATION, TEST}
