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
from sakon.problem import Frozen, InputLayout, InputSpec, Problem, Schema
from sakon.records.tables import as_table, check_columns
from sakon.records.targets import check_target, infer_task, labels_of, typed_target
from sakon.records.timeline import within

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

PIECE = r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]|[^\W_]+(?:['’][^\W_]+)*|[^\w\s]"
"""A sign of a script without spaces, a word, or a mark of punctuation."""
PADDING, UNKNOWN = "(padding)", "(unknown)"
MOST_STEPS, COVERED = 200, 0.95
MOST_EMPTY, MOST_NUMBERS = 0.5, 0.5
FEWEST_DOCUMENTS = 2
NAMED_TERMS = 2
CHECKED = 1000


class TextOptions(Frozen):
    """`problem.options` of texts.

    Attributes:
        text: Column that holds the text; may be left out where there is but one besides the target.
        length: Tokens that sequence models read of each text, from its beginning; when left out, as many
            as 95% of the training texts have, at most 200.
        vocabulary: Different tokens kept, the most frequent ones.
        topics: Width of the vector of a text, at most.
    """

    text: str | None = None
    length: int | None = Field(None, ge=1)
    vocabulary: int = Field(20_000, ge=10)
    topics: int = Field(200, ge=1)


class Text(Kind["Pipeline"]):
    """A table with one text per row, read as a vector or token by token.

    The vector is latent semantic analysis (Deerwester et al. 1990, "Indexing by latent semantic analysis"):
    TF-IDF with 1 + log counts, projected on its main directions, standardised. Upper and lower case are one,
    compatible forms of a character are one (Unicode NFKC), and every digit counts as 0, so that numbers are
    known by their length.
    """

    options_class = TextOptions
    distributed = True

    def make_records(self, raw: RawData, problem: Problem) -> tuple[pd.DataFrame, Schema]:
        """Keep text and target of a raw table; see `Kind.make_records`."""
        table = as_table(raw, "text")
        column = _text_column(table, problem)
        faults = check_columns(table, problem, {"text": [column]})
        if not faults:
            faults = _check_texts(table[column]) + check_target(table[problem.target], problem)
        if faults:
            raise DataError(*faults)
        table = within(table[table[problem.target].notna()], problem).reset_index(drop=True)
        target = table[problem.target]
        task = problem.task or infer_task(target)
        records = pd.DataFrame({column: _plain(table[column])})
        for kept in (problem.split.group, problem.split.time):
            if kept is not None:
                records[kept] = table[kept]
        records[problem.target] = typed_target(target, task)
        classes = labels_of(target) if task == "classification" else ()
        return records, Schema(
            kind="text", task=task, target=problem.target, features={column: "text"}, classes=classes
        )

    def fit_preprocessor(self, records: pd.DataFrame, schema: Schema, problem: Problem) -> Pipeline:
        """Fit vocabulary, weights of the terms, and main directions; see `Kind.fit_preprocessor`."""
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import Pipeline
        from sklearn.preprocessing import StandardScaler

        options = TextOptions.model_validate(problem.options)
        texts = _normalised(records)
        given = {
            "token_pattern": PIECE,
            "max_features": options.vocabulary,
            "sublinear_tf": True,
            "dtype": np.float32,
        }
        terms = TfidfVectorizer(min_df=FEWEST_DOCUMENTS, **given)
        try:
            weights = terms.fit_transform(texts)
        except ValueError:  # no token is in two texts
            terms = TfidfVectorizer(**given)
            weights = terms.fit_transform(texts)
        width = max(1, min(options.topics, weights.shape[1] - 1, weights.shape[0] - 1))
        topics = TruncatedSVD(width, random_state=problem.seed)
        scale = StandardScaler().fit(topics.fit_transform(weights))
        # One scale for all topics: each by its own would make the faint ones as loud as the main ones.
        scale.scale_ = np.full_like(scale.scale_, np.sqrt(scale.var_.mean()))
        return Pipeline([("terms", terms), ("topics", topics), ("scale", scale)])

    def transform(
        self, preprocessor: Pipeline, records: pd.DataFrame, schema: Schema, input_spec: InputSpec
    ) -> np.ndarray:
        """Turn texts into vectors, (rows, topics), float32."""
        values = preprocessor.transform(_normalised(records))
        return np.asarray(values, dtype=np.float32).reshape(len(records), *input_spec.shape)

    def tokens(self, preprocessor: Pipeline, records: pd.DataFrame, input_spec: InputSpec) -> np.ndarray:
        """Turn texts into token numbers, (rows, steps), int32: 0 after the end, 1 for unknown tokens."""
        analyse, known = preprocessor["terms"].build_analyzer(), preprocessor["terms"].vocabulary_
        numbers = np.zeros((len(records), input_spec.steps), np.int32)
        for row, text in zip(numbers, _normalised(records), strict=True):
            found = [known.get(token, -1) + 2 for token in analyse(text)[: input_spec.steps]]
            row[: len(found)] = found
        return numbers

    def input_layout(
        self, preprocessor: Pipeline, records: pd.DataFrame, schema: Schema, problem: Problem
    ) -> InputLayout:
        """Name topics by their strongest terms, and tokens by number; see `Kind.input_layout`."""
        terms = preprocessor["terms"].get_feature_names_out()
        strongest = np.argsort(-np.abs(preprocessor["topics"].components_), axis=1)[:, :NAMED_TERMS]
        names = tuple(f"{number}: {' '.join(terms[row])}" for number, row in enumerate(strongest, start=1))
        steps = TextOptions.model_validate(problem.options).length or _usual_length(preprocessor, records)
        vocabulary = (PADDING, UNKNOWN, *map(str, terms))
        return InputLayout(shape=(len(names),), features=names, steps=steps, vocabulary=vocabulary)

    def from_request(self, request: Request, schema: Schema) -> pd.DataFrame:
        """Take a table with the column of texts, or texts alone; see `Kind.from_request`."""
        (column,) = schema.features
        table = (
            request
            if isinstance(request, pd.DataFrame)
            else pd.DataFrame({column: pd.Series(list(request), dtype=object)})
        )
        if column not in table:
            raise DataError(f"New records: expected a column '{column}' of texts, found {list(table.columns)}.")
        return pd.DataFrame({column: _plain(table[column])}).reset_index(drop=True)

    def to_request(self, records: pd.DataFrame, schema: Schema) -> pd.DataFrame:
        """Return the column of texts."""
        return records[list(schema.features)]


def _text_column(table: pd.DataFrame, problem: Problem) -> str:
    named = TextOptions.model_validate(problem.options).text
    if named is not None:
        return named
    aside = {problem.target, problem.split.group, problem.split.time}
    others = [str(column) for column in table if column not in aside]
    if len(others) != 1:
        raise DataError(
            f"problem.options.text: expected the name of the column of texts, as there are {len(others)} columns "
            f"besides the target: {', '.join(others[:10])}."
        )
    return others[0]


def _check_texts(column: pd.Series) -> list[str]:
    advice = "name the column of texts in problem.options.text, or set problem.kind to tabular"
    known = column.dropna()
    seen = known.head(CHECKED)
    strange = seen[[not isinstance(value, str) for value in seen]]
    numbers = pd.to_numeric(seen.astype(str), errors="coerce").notna().mean() if len(seen) else 0.0
    if numbers > MOST_NUMBERS:
        return [f"Column '{column.name}': expected texts, found numbers such as '{seen.iloc[0]}'; {advice}."]
    if len(strange):
        found = f"{type(strange.iloc[0]).__name__} in row {strange.index[0]}"
        return [f"Column '{column.name}': expected texts, found a {found}; {advice}."]
    empty = float((_plain(column).str.strip() == "").mean())
    if empty > MOST_EMPTY:
        return [f"Column '{column.name}': expected texts, found {empty:.0%} of the rows empty; {advice}."]
    return []


def _plain(column: pd.Series) -> pd.Series:
    """Return texts as they can be written to any file: missing ones empty, broken characters replaced."""
    texts = column.astype(object).where(column.notna(), "")
    return texts.map(lambda text: str(text).encode("utf-8", "replace").decode("utf-8")).astype(object)


def _normalised(records: pd.DataFrame) -> list[str]:
    texts = next(records[name] for name in records)
    return [re.sub(r"\d", "0", unicodedata.normalize("NFKC", text)) for text in texts]


def _usual_length(preprocessor: Pipeline, records: pd.DataFrame) -> int:
    analyse = preprocessor["terms"].build_analyzer()
    counts = [len(analyse(text)) for text in _normalised(records)]
    return int(np.clip(np.ceil(np.quantile(counts, COVERED)), 1, MOST_STEPS))


KIND = Text()
