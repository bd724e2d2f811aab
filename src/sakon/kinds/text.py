"""Texts: one column of free text, in any script."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from sakon.errors import DataError
from sakon.kinds import Kind, RawData, Request
from sakon.lazy import pd
from sakon.problem import InputLayout, InputSpec, Problem, Schema
from sakon.records.missing_values import mark_missing
from sakon.records.proposals import ProposedValue, Recognition, option
from sakon.records.raw_summary import RawSummary, text_lengths
from sakon.records.raw_table import TableOptions, as_table, column_errors
from sakon.records.targets import cast_target, class_labels, infer_task, target_errors
from sakon.records.time_series import select_period

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

WORD_PATTERN = r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]|[^\W_]+(?:['’][^\W_]+)*|[^\w\s]"
"""A character of a script without spaces, a word, or a punctuation mark."""
PADDING, UNKNOWN = "(padding)", "(unknown)"
MAX_DEFAULT_LENGTH, LENGTH_QUANTILE = 200, 0.95
MAX_EMPTY_SHARE, MAX_NUMBER_SHARE = 0.5, 0.5
MIN_DOCUMENTS = 2
TERMS_PER_NAME = 2
MAX_CHECKED_ROWS = 1000
MIN_TEXT_SHARE = 0.75


class TextOptions(TableOptions):
    """`problem.options` of texts.

    Attributes:
        text: Column of texts; may be left out if it is the only column besides the target.
        length: Tokens per text for sequence models, from its start; if left out, the 95% quantile of the train texts,
            at most 200.
        vocabulary: Maximum number of distinct tokens; the most frequent ones are used.
        topics: Maximum width of the vector of a text.
    """

    text: str | None = None
    length: int | None = Field(None, ge=1)
    vocabulary: int = Field(20_000, ge=10)
    topics: int = Field(200, ge=1)


class Text(Kind["Pipeline"]):
    """A table with one text per row, as a vector and as tokens.

    The vector is latent semantic analysis (Deerwester et al. 1990, "Indexing by latent semantic analysis"): TF-IDF with
    1 + log counts, projected on its first singular vectors, standardised. Case is ignored, compatible forms of a
    character are equal (Unicode NFKC), and every digit becomes 0, so that numbers of equal length are equal.
    """

    options_class = TextOptions
    distributed = True
    priority = 20

    def make_records(self, raw: RawData, problem: Problem) -> tuple[pd.DataFrame, Schema]:
        """Select text and target of a raw table; see `Kind.make_records`."""
        missing_values = TextOptions.model_validate(problem.options).missing
        table = as_table(raw, "text", missing_values)
        column = _text_column(table, problem)
        errors = column_errors(table, problem, {"text": [column], "missing": missing_values})
        if not errors:
            errors = _text_errors(table[column]) + target_errors(table[problem.target], problem)
        if errors:
            raise DataError(*errors)
        table = select_period(table[table[problem.target].notna()], problem).reset_index(drop=True)
        target = table[problem.target]
        task = problem.task or infer_task(target)
        records = pd.DataFrame({column: _clean(table[column])})
        for name in (problem.split.group, problem.split.time):
            if name is not None:
                records[name] = table[name]
        records[problem.target] = cast_target(target, task)
        classes = class_labels(target) if task == "classification" else ()
        return records, Schema(
            kind="text",
            task=task,
            target=problem.target,
            features={column: "text"},
            classes=classes,
            missing_values=missing_values,
        )

    def fit_preprocessor(self, records: pd.DataFrame, schema: Schema, problem: Problem) -> Pipeline:
        """Fit vocabulary, term weights and singular vectors; see `Kind.fit_preprocessor`."""
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import Pipeline
        from sklearn.preprocessing import StandardScaler

        options = TextOptions.model_validate(problem.options)
        texts = _normalise(records)
        options_of_terms = {
            "token_pattern": WORD_PATTERN,
            "max_features": options.vocabulary,
            "sublinear_tf": True,
            "dtype": np.float32,
        }
        terms = TfidfVectorizer(min_df=MIN_DOCUMENTS, **options_of_terms)
        try:
            weights = terms.fit_transform(texts)
        except ValueError:  # no token is in two texts
            terms = TfidfVectorizer(**options_of_terms)
            weights = terms.fit_transform(texts)
        width = max(1, min(options.topics, weights.shape[1] - 1, weights.shape[0] - 1))
        topics = TruncatedSVD(width, random_state=problem.seed)
        scale = StandardScaler().fit(topics.fit_transform(weights))
        # One scale for all topics: a scale per topic would give weak topics the weight of strong ones.
        scale.scale_ = np.full_like(scale.scale_, np.sqrt(scale.var_.mean()))
        return Pipeline([("terms", terms), ("topics", topics), ("scale", scale)])

    def transform(
        self, preprocessor: Pipeline, records: pd.DataFrame, schema: Schema, input_spec: InputSpec
    ) -> np.ndarray:
        """Turn texts into vectors, (rows, topics), float32."""
        values = preprocessor.transform(_normalise(records))
        return np.asarray(values, dtype=np.float32).reshape(len(records), *input_spec.shape)

    def tokens(self, preprocessor: Pipeline, records: pd.DataFrame, input_spec: InputSpec) -> np.ndarray:
        """Turn texts into token numbers, (rows, steps), int32: 0 after the end, 1 for unknown tokens."""
        analyse, vocabulary = preprocessor["terms"].build_analyzer(), preprocessor["terms"].vocabulary_
        numbers = np.zeros((len(records), input_spec.steps), np.int32)
        for row, text in zip(numbers, _normalise(records), strict=True):
            tokens = [vocabulary.get(token, -1) + 2 for token in analyse(text)[: input_spec.steps]]
            row[: len(tokens)] = tokens
        return numbers

    def input_layout(
        self, preprocessor: Pipeline, records: pd.DataFrame, schema: Schema, problem: Problem
    ) -> InputLayout:
        """Name each topic by its strongest terms; see `Kind.input_layout`."""
        terms = preprocessor["terms"].get_feature_names_out()
        strongest = np.argsort(-np.abs(preprocessor["topics"].components_), axis=1)[:, :TERMS_PER_NAME]
        names = tuple(f"{number}: {' '.join(terms[row])}" for number, row in enumerate(strongest, start=1))
        steps = TextOptions.model_validate(problem.options).length or _default_length(preprocessor, records)
        vocabulary = (PADDING, UNKNOWN, *map(str, terms))
        return InputLayout(shape=(len(names),), features=names, steps=steps, vocabulary=vocabulary)

    def from_request(self, request: Request, schema: Schema) -> pd.DataFrame:
        """Take a table with the column of texts, or a list of texts; see `Kind.from_request`."""
        (column,) = schema.features
        if isinstance(request, pd.DataFrame):
            table = request
        elif all(text is None or isinstance(text, str) for text in request):
            table = pd.DataFrame({column: pd.Series(list(request), dtype=object)})
        else:
            raise DataError(f"New records: expected a column '{column}' of texts, or a list of texts, found otherwise.")
        if column not in table:
            raise DataError(f"New records: expected a column '{column}' of texts, found {list(table.columns)}.")
        table = mark_missing(table, schema.missing_values)
        return pd.DataFrame({column: _clean(table[column])}).reset_index(drop=True)

    def to_request(self, records: pd.DataFrame, schema: Schema) -> pd.DataFrame:
        """Return the column of texts."""
        return records[list(schema.features)]

    def recognise(self, raw: RawSummary) -> Recognition:
        """Recognise a table in which one column of free text has most of the characters; see `Kind.recognise`."""
        if not raw.roles.texts:
            return Recognition(is_match=False, reason="no column of free text")
        column, share = next(iter(raw.roles.texts)), raw.text_share
        is_match = share >= MIN_TEXT_SHARE
        return Recognition(is_match, f"'{column}' has {'' if is_match else 'only '}{share:.0%} of the characters")

    def propose_options(self, raw: RawSummary) -> list[ProposedValue]:
        """Propose the column of free text, or else the longest column of text; see `Kind.propose_options`."""
        texts = raw.table.drop(columns=[raw.target, *raw.roles.dates]).select_dtypes(["object", "string"])
        if texts.empty and not raw.roles.texts:
            raise DataError(f"expected a column of text besides the target, found none in {raw.file}.")
        column = next(iter(raw.roles.texts), None) or str(texts.apply(text_lengths).mean().idxmax())
        others = [name for name in (*raw.roles.texts, *raw.roles.types, *raw.roles.dates) if name != column]
        unused = f"; not used: {', '.join(others)}" if others else ""
        vocabulary = TextOptions.model_fields["vocabulary"].default
        return [
            option("text", column, f"{raw.roles.texts.get(column, 'the longest text')}{unused}"),
            option("vocabulary", vocabulary, "the most frequent tokens are used, up to this number", active=False),
        ]


def _text_column(table: pd.DataFrame, problem: Problem) -> str:
    name = TextOptions.model_validate(problem.options).text
    if name is not None:
        return name
    excluded = {problem.target, problem.split.group, problem.split.time}
    others = [str(column) for column in table if column not in excluded]
    if len(others) != 1:
        raise DataError(
            f"problem.options.text: expected the name of the column of texts, as there are {len(others)} columns "
            f"besides the target: {', '.join(others[:10])}."
        )
    return others[0]


def _text_errors(column: pd.Series) -> list[str]:
    advice = "name the column of texts in problem.options.text, or set problem.kind to tabular"
    sample = column.dropna().head(MAX_CHECKED_ROWS)
    invalid = sample[[not isinstance(value, str) for value in sample]]
    numbers = pd.to_numeric(sample.astype(str), errors="coerce").notna().mean() if len(sample) else 0.0
    if numbers > MAX_NUMBER_SHARE:
        return [f"Column '{column.name}': expected texts, found numbers such as '{sample.iloc[0]}'; {advice}."]
    if len(invalid):
        example = f"{type(invalid.iloc[0]).__name__} in row {invalid.index[0]}"
        return [f"Column '{column.name}': expected texts, found a {example}; {advice}."]
    empty = float((_clean(column).str.strip() == "").mean())
    if empty > MAX_EMPTY_SHARE:
        return [f"Column '{column.name}': expected texts, found {empty:.0%} of the rows empty; {advice}."]
    return []


def _clean(column: pd.Series) -> pd.Series:
    """Return texts that can be written as UTF-8: missing values become empty, invalid characters are replaced."""
    texts = column.astype(object).where(column.notna(), "")
    return texts.map(lambda text: str(text).encode("utf-8", "replace").decode("utf-8")).astype(object)


def _normalise(records: pd.DataFrame) -> list[str]:
    texts = next(records[name] for name in records)
    return [re.sub(r"\d", "0", unicodedata.normalize("NFKC", text)) for text in texts]


def _default_length(preprocessor: Pipeline, records: pd.DataFrame) -> int:
    analyse = preprocessor["terms"].build_analyzer()
    counts = [len(analyse(text)) for text in _normalise(records)]
    return int(np.clip(np.ceil(np.quantile(counts, LENGTH_QUANTILE)), 1, MAX_DEFAULT_LENGTH))


KIND = Text()
