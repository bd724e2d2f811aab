"""The commit that is recorded is the project's."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from sakon.tracking.source import git_tags


def make_repository(folder: Path, file: str) -> str:
    """Make a repository with one commit, and return it."""
    folder.mkdir(parents=True)
    (folder / file).write_text("content")
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"]):
        subprocess.run(["git", "-C", str(folder), *command], check=True)
    head = subprocess.run(["git", "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    return head.stdout.strip()


def test_commit_of_the_project_from_another_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = make_repository(tmp_path / "project", "pyproject.toml")
    make_repository(tmp_path / "other", "notes.txt")
    monkeypatch.chdir(tmp_path / "other")
    assert git_tags(tmp_path / "project") == {"mlflow.source.git.commit": commit, "sakon.git_dirty": "false"}
    (tmp_path / "project/pyproject.toml").write_text("changed")
    assert git_tags(tmp_path / "project")["sakon.git_dirty"] == "true"


def test_no_commit_of_a_repository_that_only_contains_the_project(tmp_path: Path) -> None:
    make_repository(tmp_path / "home", "notes.txt")
    project = tmp_path / "home/project"
    project.mkdir()
    (project / "pyproject.toml").write_text("")
    assert git_tags(project) == {}
    assert git_tags(None) == {}
