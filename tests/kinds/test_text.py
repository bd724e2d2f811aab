"""Texts: tokens, vectors, invalid columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from fabricate import texts
from hypothesis import given, settings
from hypothesis import strategies as st

from sakon.errors import DataError
from sakon.kinds import get
from sakon.models.formats import load_skops, save_skops
from sakon.pipelines.preprocessing.nodes import fit_preprocessor, transform
from sakon.problem import Problem
from sakon.records.splitting import ROW

TEXT = get("text")
ANY_TEXT = st.text(max_size=40)


def fitted(**options: Any) -> tuple[Any, ...]:
    case = texts("classification")
    problem = Problem(kind="text", target="verdict", options=options)
    records, schema = TEXT.make_records(case.raw, problem)
    numbered = records.assign(**{ROW: range(len(records))})
    return (*fit_preprocessor(numbered, schema, problem), numbered, schema)


PREPROCESSOR, SPEC, RECORDS, SCHEMA = fitted()


def new_records(*messages: Any) -> pd.DataFrame:
    return TEXT.from_request(pd.DataFrame({"message": pd.Series(list(messages), dtype=object)}), SCHEMA)


def tokens_of(message: str) -> list[str]:
    numbers = TEXT.tokens(PREPROCESSOR, new_records(message), SPEC)[0]
    return [SPEC.vocabulary[number] for number in numbers if number]


def test_tokens_are_words_punctuation_and_characters_of_scripts_without_spaces() -> None:
    assert tokens_of("The PARCEL, we're") == ["the", "parcel", "(unknown)", "we're"]
    assert tokens_of("好坏") == ["好", "坏"]
    assert tokens_of("приятно!") == ["приятно", "!"]


def test_compatible_characters_and_numbers_of_equal_length_are_equal() -> None:
    assert tokens_of("ＰＡＲＣＥＬ") == ["parcel"]  # full width
    assert tokens_of("№7") == tokens_of("№9")


def test_token_sequences_are_padded_and_truncated() -> None:
    numbers = TEXT.tokens(PREPROCESSOR, new_records("good", "good " * 500), SPEC)
    assert numbers.shape == (2, SPEC.steps)
    assert numbers.dtype == np.int32
    assert (numbers[0, 1:] == 0).all()
    assert (numbers[1] > 0).all()


def test_vectors_are_lsa_of_tf_idf() -> None:
    terms, topics, scale = PREPROCESSOR["terms"], PREPROCESSOR["topics"], PREPROCESSOR["scale"]
    counts = np.zeros(len(terms.vocabulary_))
    for token in ("good", "good", "parcel"):
        counts[terms.vocabulary_[token]] += 1
    weights = np.where(counts > 0, 1 + np.log(np.maximum(counts, 1)), 0) * terms.idf_
    weights /= np.linalg.norm(weights)
    expected = (topics.components_ @ weights - scale.mean_) / scale.scale_
    vector = TEXT.transform(PREPROCESSOR, new_records("good parcel GOOD"), SCHEMA, SPEC)[0]
    np.testing.assert_allclose(vector, expected, atol=1e-5)


def test_all_topics_share_one_scale() -> None:
    x = TEXT.transform(PREPROCESSOR, RECORDS, SCHEMA, SPEC)
    assert x.var(axis=0).mean() == pytest.approx(1, rel=1e-3)
    assert x[:, 0].var() > 2 * x[:, -1].var()


@settings(max_examples=60, deadline=None)
@given(st.lists(ANY_TEXT, min_size=1, max_size=5))
def test_any_text_can_be_transformed(messages: list[str]) -> None:
    records = new_records(*messages)
    x, numbers = (
        TEXT.transform(PREPROCESSOR, records, SCHEMA, SPEC),
        TEXT.tokens(PREPROCESSOR, records, SPEC),
    )
    assert np.isfinite(x).all()
    assert ((numbers >= 0) & (numbers < len(SPEC.vocabulary))).all()
    records["message"].str.encode("utf-8")  # can be written to a file


def test_invalid_characters_are_replaced_and_missing_texts_are_empty() -> None:
    assert new_records("a\ud800b", None, np.nan)["message"].tolist() == ["a?b", "", ""]


def test_a_list_of_texts_is_a_request() -> None:
    assert TEXT.from_request(["good", "bad"], SCHEMA)["message"].tolist() == ["good", "bad"]
    with pytest.raises(DataError, match="expected a column 'message'"):
        TEXT.from_request(pd.DataFrame({"other": ["x"]}), SCHEMA)


def test_vectors_survive_save_and_load_of_the_preprocessor(tmp_path: Any) -> None:
    save_skops(PREPROCESSOR, tmp_path / "p.skops")
    loaded = load_skops(tmp_path / "p.skops")
    np.testing.assert_array_equal(
        TEXT.transform(loaded, RECORDS, SCHEMA, SPEC), TEXT.transform(PREPROCESSOR, RECORDS, SCHEMA, SPEC)
    )


def test_vocabulary_and_topics_come_from_train_alone() -> None:
    train = RECORDS[~RECORDS["message"].str.contains("refund")]
    preprocessor, spec = fit_preprocessor(train, SCHEMA, Problem(kind="text", target="verdict"))
    assert "refund" not in spec.vocabulary
    examples = transform(RECORDS, preprocessor, spec, SCHEMA)
    assert examples.tokens is not None
    assert (examples.tokens == 1).any()


def test_options_limit_length_vocabulary_and_topics() -> None:
    _, spec, _, _ = fitted(length=4, vocabulary=10, topics=3)
    assert (spec.steps, len(spec.vocabulary), spec.shape) == (4, 12, (3,))


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (lambda n: np.arange(n) * 1.5, "numbers such as '0.0'"),
        (lambda n: [str(i) for i in range(n)], "numbers such as '0'"),
        (lambda n: [["a", "list"]] * n, "found a list in row 0"),
        (lambda n: ["", None, " ", "words"] * (n // 4), "75% of the rows empty"),
    ],
)
def test_columns_without_texts_are_refused(column: Any, message: str) -> None:
    raw = pd.DataFrame({"message": column(40), "verdict": ["a", "b"] * 20})
    with pytest.raises(DataError, match=message):
        TEXT.make_records(raw, Problem(kind="text", target="verdict"))


def test_the_column_is_required_if_there_are_several() -> None:
    raw = texts("classification").raw.assign(sender="x")
    with pytest.raises(DataError, match=r"problem\.options\.text: .* 2 columns besides the target: message, sender"):
        TEXT.make_records(raw, Problem(kind="text", target="verdict"))
    with pytest.raises(DataError, match="did you mean 'message'"):
        TEXT.make_records(raw, Problem(kind="text", target="verdict", options={"text": "mesage"}))
    records, _ = TEXT.make_records(raw, Problem(kind="text", target="verdict", options={"text": "message"}))
    assert list(records) == ["message", "verdict"]
