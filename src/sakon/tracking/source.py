"""Where a run comes from: the command, and the commit of the project."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

PROJECT_FILE = "pyproject.toml"
MAX_GIT_SECONDS = 10


def command_tags(problem: str) -> dict[str, str]:
    """Return tags for the problem and for the command that was given."""
    command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    return {"sakon.problem": problem, "sakon.command": command}


def git_tags(project: Path | None) -> dict[str, str]:
    """Return tags for the commit of a project and for its uncommitted changes, wherever the command was given.

    There are none if the project is in no repository, or only lies within one that does not track it.

    Args:
        project: The project's folder.
    """
    if project is None:
        return {}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(project), *arguments]
        completed = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, check=True, timeout=MAX_GIT_SECONDS, env=environment
        )
        return completed.stdout.strip()

    try:
        git("ls-files", "--error-unmatch", PROJECT_FILE)
        has_changes = bool(git("status", "--porcelain", "--untracked-files=no", "--", "."))
        return {"mlflow.source.git.commit": git("rev-parse", "HEAD"), "sakon.git_dirty": str(has_changes).lower()}
    except (OSError, subprocess.SubprocessError):
        return {}
