"""Strategies of hypothesis for files as users have them: dialects, encodings, odd headers and odd values."""

from __future__ import annotations

import csv
import io
import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from hypothesis import settings
from hypothesis import strategies as st

EXAMPLES_VARIABLE = "SAKON_EXAMPLES"
"""Environment variable with the number of examples of the tests of generated files and tables."""
DEFAULT_EXAMPLES = 10
ODD_NAMES = [
    *("", " ", "a", "A", "a ", "größe", "名前", "price (€)", "y", "yes", "null", "NaN", "1", "01", "1.5", "1e3"),
    *("${x}", "${problem:}", "a:b", "#note", "- item", "{a}", "[b]", "it's", 'say "hi"', "a,b", "a;b", "a\tb", "a\nb"),
    *("_sakon_row", "split", "row", "index", "target", "prediction", "x" * 200, "\u200bname", "\ufeffid", "%s", "a\\b"),
]
MISSING = ["", "", "NA", "?", "-", "n/a", "NULL", "nan", " "]
WORDS = [
    "red",
    "green",
    "blau",
    "красный",
    "",
    "None",
    "a, b",
    "a;b",
    'say "hi"',
    "two\nlines",
    "naïve",
    "🙂",
    "=1+1",
    "\\",
]


@dataclass(frozen=True)
class GeneratedFile:
    """A file and what the user says of it.

    Attributes:
        content: Its bytes.
        suffix: Suffix of its name.
        target: The target that the user names, or `None`.
    """

    content: bytes
    suffix: str
    target: str | None


def example_settings() -> settings:
    """Return settings with the number of examples that the environment asks for."""
    return settings(max_examples=int(os.environ.get(EXAMPLES_VARIABLE, DEFAULT_EXAMPLES)), deadline=None)


def is_extended() -> bool:
    """Return whether the environment asks for more examples than the normal suite."""
    return EXAMPLES_VARIABLE in os.environ


def _dates(pattern: str) -> st.SearchStrategy[str]:
    return st.integers(0, 20_000).map(lambda day: (date(1960, 1, 1) + timedelta(days=day)).strftime(pattern))


VALUES: dict[str, Callable[[], st.SearchStrategy[str]]] = {
    "whole numbers": lambda: st.integers(-1000, 1000).map(str),
    "few whole numbers": lambda: st.integers(0, 3).map(str),
    "numbers": lambda: st.floats(-1e6, 1e6).map(lambda value: f"{value:.2f}"),
    "decimal commas": lambda: st.floats(-1e6, 1e6).map(lambda value: f"{value:.2f}".replace(".", ",")),
    "grouped numbers": lambda: st.integers(0, 10**9).map(lambda value: f"{value:,}"),
    "extreme numbers": lambda: st.sampled_from(
        ["1e300", "-1e300", "1e-300", "0", "-0.0", "inf", "1e38", "3.5e38", "9" * 40]
    ),
    "huge spread": lambda: st.floats(-1e38, 1e38).map(repr),
    "codes": lambda: st.integers(0, 40).map(lambda value: f"{value:05d}"),
    "booleans": lambda: st.sampled_from(["True", "False"]),
    "answers": lambda: st.sampled_from(["yes", "no", "Yes", "NO"]),
    "words": lambda: st.sampled_from(WORDS),
    "texts": lambda: st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=30),
    "days": lambda: _dates("%Y-%m-%d"),
    "german days": lambda: _dates("%d.%m.%Y"),
    "american days": lambda: _dates("%m/%d/%Y"),
    "times": lambda: _dates("%Y-%m-%dT23:59:59+09:00"),
    "impossible days": lambda: st.sampled_from(["2023-02-30", "0001-01-01", "9999-12-31", "1600-01-01", "2023-01-01"]),
    "constant": lambda: st.just("7"),
    "missing": lambda: st.sampled_from(MISSING),
    "anything": lambda: st.one_of(st.integers().map(str), st.sampled_from([*WORDS, *MISSING]), _dates("%Y-%m-%d")),
}


@st.composite
def columns(draw: st.DrawFn, rows: int, kind: str | None = None) -> list[str]:
    """Draw the cells of one column, some of them missing: a few values, repeated, or a value for every row."""
    strategy = VALUES[kind or draw(st.sampled_from(sorted(VALUES)))]()
    count = draw(st.sampled_from([4, 12, rows]))
    pool = draw(st.lists(strategy, min_size=max(count, 1), max_size=max(count, 1)))
    rng = random.Random(draw(st.integers(0, 2**20)))
    cells = rng.sample(pool, rows) if count == rows else rng.choices(pool, k=rows)
    if kind is None and draw(st.booleans()):
        mark, gaps = draw(st.sampled_from(MISSING)), set(rng.choices(range(max(rows, 1)), k=3))
        cells = [mark if row in gaps else cell for row, cell in enumerate(cells)]
    return cells


LABELS = {
    "two": lambda rng: rng.choice(["True", "False"]),
    "texts": lambda rng: rng.choice(["ja", "nein", "vielleicht"]),
    "missing marks": lambda rng: rng.choice(["None", "NA", "mild"]),
    "codes": lambda rng: rng.choice(["01", "02", "1"]),
    "few numbers": lambda rng: rng.choice("012"),
    "numbers": lambda rng: f"{rng.gauss(0, 100):.2f}",
    "decimal commas": lambda rng: f"{rng.gauss(0, 100):.2f}".replace(".", ","),
    "huge numbers": lambda rng: repr(rng.gauss(0, 1e30)),
    "tiny numbers": lambda rng: repr(rng.gauss(0, 1e-30)),
}
"""A label of one row, by the form of the target."""


@st.composite
def consecutive_days(draw: st.DrawFn, rows: int) -> list[str]:
    """Draw the days, weeks or months of a regular series."""
    step = draw(st.sampled_from([1, 7, 30]))
    pattern = draw(st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y"]))
    return [(date(2020, 1, 1) + timedelta(days=step * row)).strftime(pattern) for row in range(rows)]


@st.composite
def delimited_files(draw: st.DrawFn) -> GeneratedFile:
    """Draw a delimited file."""
    rows = draw(st.sampled_from([45, 30, 60, 25, 50, 40, 35, 16, 3, 0]))
    table = draw(st.lists(columns(rows), min_size=1, max_size=5))
    if draw(st.integers(0, 3)) == 3:
        table[0] = draw(consecutive_days(rows))
    label, rng = LABELS[draw(st.sampled_from(sorted(LABELS)))], random.Random(draw(st.integers(0, 2**20)))
    table.append([label(rng) for _ in range(rows)])
    plain = [f"c{index}" for index in range(len(table))]
    names = [draw(st.sampled_from(ODD_NAMES)) if draw(st.integers(0, 9)) == 9 else name for name in plain]
    last, first = names[-1].strip(), names[0].strip()
    target = draw(st.sampled_from([*[last] * 8, first, first, "no such column", None]))
    return GeneratedFile(draw(_encoded(names, table)), draw(st.sampled_from([".csv", ".csv", ".tsv", ".txt"])), target)


@st.composite
def _encoded(draw: st.DrawFn, names: list[str], table: list[list[str]]) -> bytes:
    """Draw a dialect and an encoding, and return the bytes of a table."""
    separator = draw(st.sampled_from(",,;\t|"))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=separator, quoting=quoting, lineterminator=end)
    writer.writerows([names, *zip(*table, strict=True)])
    text = buffer.getvalue()
    oddity = draw(
        st.sampled_from(["none"] * 20 + ["no header", "separator at end", "blank lines", "note", "cut", "sum", "tail"])
    )
    lines = text.split(end)
    text = {
        "no header": end.join(lines[1:]),
        "separator at end": end.join([lines[0], *(f"{line}{separator}" if line else line for line in lines[1:])]),
        "blank lines": f"{end}{text}{end}{end}",
        "note": f"Report of 2024{end}{text}",
        "cut": text[: len(text) * 3 // 4],
        "sum": f"{text}Sum{end}",
        "tail": f"{text}{separator * (len(names) + 2)}{end}",
    }.get(oddity, text)
    encoding = draw(
        st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1", "cp1251", "shift_jis"])
    )
    return text.encode(encoding, errors="replace")
