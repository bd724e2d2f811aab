"""Run the project without Kedro's command: `python -m sakon [run] [OPTIONS]`, `python -m sakon problem …`."""

import sys
from dataclasses import dataclass
from pathlib import Path

from kedro.framework.project import configure_project
from kedro.utils import find_kedro_project

HELP = ("--help", "-h")


@dataclass(frozen=True)
class ProjectFolder:
    """What commands need to know about a project that is installed as a package.

    Attributes:
        project_path: Folder with the configuration and the data.
    """

    project_path: Path


def main() -> None:
    """Run the project's command line; without the name of a command, `run`."""
    configure_project(Path(__file__).parent.name)
    from sakon.cli import cli

    arguments = sys.argv[1:]
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in HELP):
        arguments = ["run", *arguments]
    cli(arguments, obj=ProjectFolder(find_kedro_project(Path.cwd()) or Path.cwd()))


if __name__ == "__main__":
    main()
