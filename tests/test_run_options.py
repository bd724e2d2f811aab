"""What users write on the command line: problems as paths, lists, commas and dots in parameters, paths of new data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sakon.config_loader import ProblemConfigLoader, problem_name
from sakon.errors import ParameterError
from sakon.run_options import absolute_data_paths, environment_name, parse_parameters

BLOCKS = {"mlp", "scoring", "problem", "distributed"}


def parse(text: str) -> dict[str, Any]:
    return parse_parameters(text, BLOCKS.__contains__)


PARAMETERS: dict[str, dict[str, Any]] = {
    "": {},
    "mlp.epochs=5": {"mlp": {"epochs": 5}},
    "mlp.epochs=5,problem.seed=1": {"mlp": {"epochs": 5}, "problem": {"seed": 1}},
    "mlp.epochs = 5, problem.seed = 1,": {"mlp": {"epochs": 5}, "problem": {"seed": 1}},
    "mlp.units=[64,32],mlp.dropout=.5": {"mlp": {"units": [64, 32], "dropout": 0.5}},
    "mlp.learning_rate=1e-3": {"mlp": {"learning_rate": 1e-3}},
    "problem.class_weight={a: 1, b: [2, 3]}": {"problem": {"class_weight": {"a": 1, "b": [2, 3]}}},
    'problem.class_weight."1.5"=2': {"problem": {"class_weight": {"1.5": 2}}},
    "problem.positive=007": {"problem": {"positive": "007"}},
    "problem.positive=nan": {"problem": {"positive": "nan"}},
    "problem.positive=None": {"problem": {"positive": "None"}},
    "problem.positive=no": {"problem": {"positive": "no"}},
    'problem.positive="1"': {"problem": {"positive": "1"}},
    "problem.metric=null": {"problem": {"metric": None}},
    "problem.flag=true": {"problem": {"flag": True}},
    "scoring.data=a,b.csv": {"scoring": {"data": "a,b.csv"}},
    "scoring.data=a,b=c.csv": {"scoring": {"data": "a,b=c.csv"}},
    "scoring.data=a,b.csv, problem.seed=1": {"scoring": {"data": "a,b.csv"}, "problem": {"seed": 1}},
    'scoring.data="a,problem.seed=1.csv"': {"scoring": {"data": "a,problem.seed=1.csv"}},
    "scoring.data=O'Brien, Anna [1].csv": {"scoring": {"data": "O'Brien, Anna [1].csv"}},
    "scoring.data=s3://bucket/new.csv?a=b": {"scoring": {"data": "s3://bucket/new.csv?a=b"}},
    "mpl.units=3,mlp.epochs=5": {"mpl": {"units": 3}, "mlp": {"epochs": 5}},
}


@pytest.mark.parametrize("text", PARAMETERS)
def test_parameters(text: str) -> None:
    assert parse(text) == PARAMETERS[text]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("mlp.epochs", "expected KEY=VALUE"),
        ("=5", "expected KEY=VALUE"),
        ("mlp.units=[64,32", r"expected '\]' at the end of the value of mlp.units"),
        ("mlp.units=[64,", r"expected '\]'"),
        ("mlp.units={a: [}", r"expected '\}'"),
        ("mlp=3,mlp.epochs=5", "found a value and a block"),
    ],
)
def test_incomplete_parameters_are_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ParameterError, match=sentence):
        parse(text)


@pytest.mark.parametrize(
    "env", ["small", "small/", "./small", "./small/", "conf/small", "conf/small/", "/a/conf/small"]
)
def test_an_environment_may_be_written_as_its_folder(env: str) -> None:
    assert environment_name(env) == "small"
    assert problem_name(env) == "small"


@pytest.mark.parametrize("env", ["../secret", "..", "smal", "a/b", "base/x", ".hidden"])
@pytest.mark.parametrize("form", ["folder", "archive"])
def test_an_unknown_environment_is_one_sentence(tmp_path: Path, env: str, form: str) -> None:
    import shutil

    for name in ("base", "small", ".hidden"):
        (tmp_path / "conf" / name).mkdir(parents=True)
        (tmp_path / "conf" / name / "parameters.yml").write_text("a: 1\n")
    source = str(tmp_path / "conf")
    if form == "archive":
        source = shutil.make_archive(str(tmp_path / "packed"), "gztar", tmp_path, "conf")
    arguments: dict[str, Any] = {"base_env": "base", "default_run_env": "local"}
    ProblemConfigLoader(source, "small/", **arguments)
    with pytest.raises(ParameterError, match=rf"--env {env}: expected a problem with a folder in conf/, found none"):
        ProblemConfigLoader(source, env, **arguments)


def test_a_missing_configuration_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="expected the folder of the configuration, found none"):
        ProblemConfigLoader(str(tmp_path / "conf"), None, base_env="base", default_run_env="local")


def test_paths_of_new_data_are_relative_to_where_the_user_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("both.csv", "sub/both.csv", "project.csv"):
        (tmp_path / name).touch()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    def path(text: str) -> str:
        return str(absolute_data_paths({"scoring": {"data": text}}, tmp_path)["scoring"]["data"])

    monkeypatch.chdir(tmp_path / "sub")
    assert path("both.csv") == str(tmp_path / "sub" / "both.csv")
    assert path("project.csv") == "project.csv"
    assert path("missing.csv") == str(tmp_path / "sub" / "missing.csv")
    assert path("~/a.csv") == str(tmp_path / "home" / "a.csv")
    assert path("s3://bucket/a.csv") == "s3://bucket/a.csv"
    monkeypatch.chdir(tmp_path)
    assert path("both.csv") == "both.csv"
    assert absolute_data_paths({"mlp": {"epochs": 1}}, tmp_path) == {"mlp": {"epochs": 1}}
