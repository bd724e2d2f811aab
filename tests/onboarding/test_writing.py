"""The YAML that is written has the proposed values when it is read; folders are written completely or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from sakon.errors import ParameterError
from sakon.onboarding import writing
from sakon.onboarding.configuration import as_configuration
from sakon.records.proposals import ProposedValue, ReasonedList

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=12)
AMBIGUOUS = [
    "yes",
    "No",
    "on",
    "null",
    "1e3",
    "1_000",
    "0x1F",
    "12:30",
    "2020-01-01",
    "~",
    "a: b",
    "# c",
    "${x}",
    "a#b",
    "-",
    "{x}",
    "'",
    '"',
]
SCALARS = NAMES | st.sampled_from(AMBIGUOUS) | st.integers() | st.booleans() | st.none() | st.floats(-1e6, 1e6)
VALUES = SCALARS | st.lists(SCALARS, max_size=4) | st.dictionaries(NAMES, SCALARS, max_size=3)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True), VALUES, min_size=1, max_size=5),
    names=st.lists(NAMES | st.sampled_from(AMBIGUOUS), max_size=4, unique=True),
    reason=st.text(max_size=200),
    depth=st.integers(0, 2),
)
def test_values_survive_writing_and_reading(
    tmp_path: Path, values: dict[str, Any], names: list[str], reason: str, depth: int
) -> None:
    block = ("problem", "options")[:depth]
    proposed = [ProposedValue((*block, key), value, reason) for key, value in values.items()]
    proposed.append(ProposedValue((*block, "OTHER"), 1, reason, active=False))
    proposed.append(ProposedValue(("LIST",), ReasonedList(dict.fromkeys(names, reason))))
    proposed.append(ProposedValue(("BLOCK", "inner"), "x", reason, active=False))
    path = tmp_path / "x.yml"
    path.write_text(writing.render(["a title"], proposed), encoding="utf-8")
    assert OmegaConf.to_container(OmegaConf.load(path), resolve=True) == as_configuration(proposed)


def test_alternatives_are_comments() -> None:
    proposed = [
        ProposedValue(("problem", "metric"), "accuracy", "the default"),
        ProposedValue(("problem", "metric"), "f1", "another", active=False),
        ProposedValue(("problem", "split", "time"), "day", active=False),
    ]
    lines = writing.render([], proposed).splitlines()
    assert lines[0] == "problem:"
    assert lines[2].startswith("  # metric: f1 ")
    assert lines[3:] == ["  # split:", "  #   time: day"]


def test_folder_is_written_completely_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TypeError):
        writing.write_folder(tmp_path / "new", {"a.yml": "x", "b.yml": 3})  # type: ignore[dict-item]
    assert list(tmp_path.iterdir()) == []
    writing.write_folder(tmp_path / "new", {"a.yml": "x"})
    with pytest.raises(ParameterError, match=str(tmp_path / "new")):
        writing.write_folder(tmp_path / "new", {"a.yml": "y"})
    assert (tmp_path / "new" / "a.yml").read_text() == "x"
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_copy_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a")
    writing.copy_data(tmp_path / "a.csv", tmp_path / "data" / "a.csv")
    assert (tmp_path / "data" / "a.csv").read_text() == "a"
    with pytest.raises(ParameterError, match=r"data.a\.csv: expected no such file"):
        writing.copy_data(tmp_path / "a.csv", tmp_path / "data" / "a.csv")
    writing.copy_data(tmp_path / "data", tmp_path / "folder")
    assert (tmp_path / "folder" / "a.csv").read_text() == "a"
