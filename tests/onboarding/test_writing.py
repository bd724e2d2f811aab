"""What is written is read again as it was meant, with every reason; complete or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from sakon.errors import ParameterError
from sakon.onboarding import writing
from sakon.onboarding.settings import Reasons, Setting, as_configuration

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=12)
ODD = [
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
SCALARS = NAMES | st.sampled_from(ODD) | st.integers() | st.booleans() | st.none() | st.floats(-1e6, 1e6)
VALUES = SCALARS | st.lists(SCALARS, max_size=4) | st.dictionaries(NAMES, SCALARS, max_size=3)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True), VALUES, min_size=1, max_size=5),
    names=st.lists(NAMES | st.sampled_from(ODD), max_size=4, unique=True),
    why=st.text(max_size=200),
    depth=st.integers(0, 2),
)
def test_yaml_says_what_was_meant(
    tmp_path: Path, values: dict[str, Any], names: list[str], why: str, depth: int
) -> None:
    above = ("problem", "options")[:depth]
    chosen = [Setting((*above, key), value, why) for key, value in values.items()]
    chosen.append(Setting((*above, "OTHER"), 1, why, active=False))
    chosen.append(Setting(("LIST",), Reasons(dict.fromkeys(names, why))))
    chosen.append(Setting(("BLOCK", "inner"), "x", why, active=False))
    path = tmp_path / "x.yml"
    path.write_text(writing.render(["a title"], chosen), encoding="utf-8")
    assert OmegaConf.to_container(OmegaConf.load(path), resolve=True) == as_configuration(chosen)


def test_alternatives_are_comments_that_only_lack_their_mark() -> None:
    chosen = [
        Setting(("problem", "metric"), "accuracy", "the default"),
        Setting(("problem", "metric"), "f1", "another", active=False),
        Setting(("problem", "split", "time"), "day", active=False),
    ]
    lines = writing.render([], chosen).splitlines()
    assert lines[0] == "problem:"
    assert lines[2].startswith("  # metric: f1 ")
    assert lines[3:] == ["  # split:", "  #   time: day"]


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TypeError):
        writing.write(tmp_path / "new", {"a.yml": "x", "b.yml": 3})  # type: ignore[dict-item]
    assert list(tmp_path.iterdir()) == []
    writing.write(tmp_path / "new", {"a.yml": "x"})
    with pytest.raises(ParameterError, match="there is a problem of that name already"):
        writing.write(tmp_path / "new", {"a.yml": "y"})
    assert (tmp_path / "new" / "a.yml").read_text() == "x"
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_a_copy_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a")
    writing.copy(tmp_path / "a.csv", tmp_path / "data" / "a.csv")
    assert (tmp_path / "data" / "a.csv").read_text() == "a"
    with pytest.raises(ParameterError, match="expected nothing there to copy the data to"):
        writing.copy(tmp_path / "a.csv", tmp_path / "data" / "a.csv")
    writing.copy(tmp_path / "data", tmp_path / "folder")
    assert (tmp_path / "folder" / "a.csv").read_text() == "a"
