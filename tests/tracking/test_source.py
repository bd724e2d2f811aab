"""The commit of a run is the project's."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from sakon.tracking.source import git_tags


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def repository(folder: Path) -> Path:
    folder.mkdir()
    (folder / "pyproject.toml").write_text("")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", str(folder))
    return folder


def test_the_commit_is_the_projects_wherever_the_command_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, other = repository(tmp_path / "project"), repository(tmp_path / "other")
    monkeypatch.chdir(other)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    tags = git_tags(project)
    monkeypatch.delenv("GIT_DIR")
    assert tags == {"mlflow.source.git.commit": git(project, "rev-parse", "HEAD"), "sakon.git_dirty": "false"}
    (project / "pyproject.toml").write_text("changed")
    assert git_tags(project)["sakon.git_dirty"] == "true"


def test_a_project_that_only_lies_in_a_repository_has_no_commit(tmp_path: Path) -> None:
    inner = repository(tmp_path / "outer") / "project"
    inner.mkdir()
    (inner / "pyproject.toml").write_text("")
    assert git_tags(inner) == {}
    assert git_tags(tmp_path) == {}
    assert git_tags(None) == {}
