"""Run the project without Kedro's command: `python -m sakon`."""

from pathlib import Path

from kedro.framework.project import configure_project


def main() -> None:
    """Run the project's command line."""
    configure_project(Path(__file__).parent.name)
    from sakon.cli import cli

    cli()


if __name__ == "__main__":
    main()
