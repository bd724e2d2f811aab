"""Options of `kedro run` that the project reads itself, and how a command ends."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import kedro
from fabricate import BY_NAME
from sessions import configure_settings

from sakon.__main__ import ProjectFolder, main
from sakon.cli import cli, is_block
from sakon.interrupts import SIGNALS, exit_status, signals_as_interrupts
from sakon.run_options import parse_parameters


def parameters(text: str) -> Any:
    return parse_parameters(text, is_block)


def test_commas_in_a_path_separate_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "a, b" / "c=d,e"
    folder.mkdir(parents=True)
    (folder / "new.csv").touch()
    text = f"scoring.data={folder}/new.csv,scoring.bins=5"
    assert parameters(text) == {"scoring": {"data": f"{folder}/new.csv", "bins": 5}}


@pytest.mark.parametrize("path", ["absent/a,b.csv", "it's: {x}.csv", "a [1].csv", "100%.csv"])
def test_a_path_is_read_as_it_is(path: str) -> None:
    assert parameters(f"evaluation.level=0.9,scoring.data={path}") == {
        "evaluation": {"level": 0.9},
        "scoring": {"data": path},
    }


def test_other_parameters_are_read_as_before() -> None:
    assert parameters("mlp.epochs=3, mlp.units=null,scoring.data=null") == {
        "mlp": {"epochs": 3, "units": None},
        "scoring": {"data": None},
    }


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--runner=Foo"], "--runner Foo: expected the name of a runner's class, found none of that name"),
        (
            ["--runner=ParallelRunner"],
            "--runner ParallelRunner: expected a runner that trains one family after another",
        ),
        (["--nodes=nothing"], "Pipeline does not contain nodes named ['nothing']; `kedro registry describe PIPELINE`"),
        (["--tags=nothing"], "No node passes all of --nodes, --tags"),
        (["--params=mlp.units=[1"], "--params mlp.units=[1: expected ']' at the end of the value of mlp.units"),
        (["--env=../base"], "--env ../base: expected a problem with a folder in conf/"),
    ],
)
def test_options_that_lead_nowhere_are_one_sentence(project: Path, arguments: list[str], sentence: str) -> None:
    done = kedro(project, "run", *arguments)
    assert done.returncode == 1
    assert sentence in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr + done.stdout
    assert list((project / "data").iterdir()) == []


def test_a_problem_as_a_folder_and_a_subfolder_as_working_directory(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    BY_NAME["tabular_classification"].write(project)
    monkeypatch.chdir(project / "conf")
    done = kedro(project, "run", "--env=conf/test/", "--pipelines=ingestion")
    assert done.returncode == 0, done.stderr
    assert (project / "data/02_intermediate/test/records.parquet").is_file()
    assert not (project / "conf/data").exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ["run"]),
        (["--env=test", "--pipelines=mlp"], ["run", "--env=test", "--pipelines=mlp"]),
        (["run", "--env=test"], ["run", "--env=test"]),
        (["problem", "list"], ["problem", "list"]),
        (["--help"], ["--help"]),
    ],
)
def test_the_package_runs_without_the_name_of_a_command(
    project: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], expected: list[str]
) -> None:
    called: list[Any] = []
    monkeypatch.setattr(sys, "argv", ["sakon", *arguments])
    monkeypatch.setattr("sakon.cli.cli", lambda given, obj: called.append((given, obj.project_path)))
    monkeypatch.setattr("sakon.__main__.configure_project", lambda _: None)
    main()
    assert called == [(expected, project)]


def test_commands_of_the_package_need_a_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    configure_settings()
    done = CliRunner().invoke(cli, ["problem", "list"], obj=ProjectFolder(tmp_path))
    assert done.exit_code == 1
    assert f"{tmp_path / 'conf'}: expected the folder of the configuration, found none" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_command_with_its_own_status(number: int) -> None:
    handlers = [signal.getsignal(each) for each in SIGNALS]
    with pytest.raises(KeyboardInterrupt) as caught, signals_as_interrupts():
        signal.raise_signal(number)
    assert exit_status(caught.value) == 128 + number
    assert [signal.getsignal(each) for each in SIGNALS] == handlers


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    """`nohup` ignores the end of the terminal."""
    previous = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with signals_as_interrupts():
            signal.raise_signal(signal.SIGTERM)
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, previous)
