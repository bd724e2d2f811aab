"""Texts: what is read of them, what is refused."""

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

TEXT = get("text")
ANYTHING = st.text(max_size=40)


def fitted(**options: Any) -> tuple[Any, ...]:
    case = texts("classification")
    problem = Problem(kind="text", target="verdict", options=options)
    records, schema = TEXT.make_records(case.raw, problem)
    numbered = records.assign(row=range(len(records)))
    return (*fit_preprocessor(numbered, schema, problem), numbered, schema)


PREPROCESSOR, SPEC, RECORDS, SCHEMA = fitted()


def asked(*messages: Any) -> pd.DataFrame:
    return TEXT.from_request(pd.DataFrame({"message": pd.Series(list(messages), dtype=object)}), SCHEMA)


def tokens_of(message: str) -> list[str]:
    numbers = TEXT.tokens(PREPROCESSOR, asked(message), SPEC)[0]
    return [SPEC.vocabulary[number] for number in numbers if number]


def test_tokens_are_words_marks_and_single_signs_of_scripts_without_spaces() -> None:
    assert tokens_of("The PARCEL, we're") == ["the", "parcel", "(unknown)", "we're"]
    assert tokens_of("好坏") == ["好", "坏"]
    assert tokens_of("приятно!") == ["приятно", "!"]


def test_forms_of_a_character_are_one_and_numbers_are_known_by_their_length() -> None:
    assert tokens_of("ＰＡＲＣＥＬ") == ["parcel"]  # full width
    assert tokens_of("№7") == tokens_of("№9")


def test_sequences_end_with_padding_and_are_cut_at_their_length() -> None:
    numbers = TEXT.tokens(PREPROCESSOR, asked("good", "good " * 500), SPEC)
    assert numbers.shape == (2, SPEC.steps)
    assert numbers.dtype == np.int32
    assert (numbers[0, 1:] == 0).all()
    assert (numbers[1] > 0).all()


def test_a_vector_is_lsa_of_tf_idf() -> None:
    terms, topics, scale = PREPROCESSOR["terms"], PREPROCESSOR["topics"], PREPROCESSOR["scale"]
    counts = np.zeros(len(terms.vocabulary_))
    for token in ("good", "good", "parcel"):
        counts[terms.vocabulary_[token]] += 1
    weights = np.where(counts > 0, 1 + np.log(np.maximum(counts, 1)), 0) * terms.idf_
    weights /= np.linalg.norm(weights)
    expected = (topics.components_ @ weights - scale.mean_) / scale.scale_
    found = TEXT.transform(PREPROCESSOR, asked("good parcel GOOD"), SCHEMA, SPEC)[0]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_all_topics_share_one_scale() -> None:
    x = TEXT.transform(PREPROCESSOR, RECORDS, SCHEMA, SPEC)
    assert x.var(axis=0).mean() == pytest.approx(1, rel=1e-3)
    assert x[:, 0].var() > 2 * x[:, -1].var()


@settings(max_examples=60, deadline=None)
@given(st.lists(ANYTHING, min_size=1, max_size=5))
def test_any_text_can_be_read(messages: list[str]) -> None:
    records = asked(*messages)
    x, numbers = (
        TEXT.transform(PREPROCESSOR, records, SCHEMA, SPEC),
        TEXT.tokens(PREPROCESSOR, records, SPEC),
    )
    assert np.isfinite(x).all()
    assert ((numbers >= 0) & (numbers < len(SPEC.vocabulary))).all()
    records["message"].str.encode("utf-8")  # whatever can be written to a file


def test_broken_characters_and_missing_texts_are_read_as_such() -> None:
    assert asked("a\ud800b", None, np.nan)["message"].tolist() == ["a?b", "", ""]


def test_texts_alone_are_a_request() -> None:
    assert TEXT.from_request(["good", "bad"], SCHEMA)["message"].tolist() == ["good", "bad"]
    with pytest.raises(DataError, match="expected a column 'message'"):
        TEXT.from_request(pd.DataFrame({"other": ["x"]}), SCHEMA)


def test_the_preprocessor_is_stored_without_pickle(tmp_path: Any) -> None:
    save_skops(PREPROCESSOR, tmp_path / "p.skops")
    again = load_skops(tmp_path / "p.skops")
    np.testing.assert_array_equal(
        TEXT.transform(again, RECORDS, SCHEMA, SPEC), TEXT.transform(PREPROCESSOR, RECORDS, SCHEMA, SPEC)
    )


def test_vocabulary_and_topics_come_from_train_alone() -> None:
    seen = RECORDS[~RECORDS["message"].str.contains("refund")]
    preprocessor, spec = fit_preprocessor(seen, SCHEMA, Problem(kind="text", target="verdict"))
    assert "refund" not in spec.vocabulary
    part = transform(RECORDS, preprocessor, spec, SCHEMA)
    assert part.tokens is not None
    assert (part.tokens == 1).any()


def test_options_bound_length_vocabulary_and_topics() -> None:
    _, spec, _, _ = fitted(length=4, vocabulary=10, topics=3)
    assert (spec.steps, len(spec.vocabulary), spec.shape) == (4, 12, (3,))


@pytest.mark.parametrize(
    ("column", "found"),
    [
        (lambda n: np.arange(n) * 1.5, "numbers such as '0.0'"),
        (lambda n: [str(i) for i in range(n)], "numbers such as '0'"),
        (lambda n: [["a", "list"]] * n, "found a list in row 0"),
        (lambda n: ["", None, " ", "words"] * (n // 4), "75% of the rows empty"),
    ],
)
def test_what_is_no_text_is_refused(column: Any, found: str) -> None:
    raw = pd.DataFrame({"message": column(40), "verdict": ["a", "b"] * 20})
    with pytest.raises(DataError, match=found):
        TEXT.make_records(raw, Problem(kind="text", target="verdict"))


def test_the_column_must_be_named_where_there_are_several() -> None:
    raw = texts("classification").raw.assign(sender="x")
    with pytest.raises(DataError, match=r"problem\.options\.text: .* 2 columns besides the target: message, sender"):
        TEXT.make_records(raw, Problem(kind="text", target="verdict"))
    with pytest.raises(DataError, match="did you mean 'message'"):
        TEXT.make_records(raw, Problem(kind="text", target="verdict", options={"text": "mesage"}))
    records, _ = TEXT.make_records(raw, Problem(kind="text", target="verdict", options={"text": "message"}))
    assert list(records) == ["message", "verdict"]
