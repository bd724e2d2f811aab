"""The configuration itself: every problem resolves, nothing is orphaned, nothing is in memory by accident."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from kedro.validation import TypeExtractor
from kedro_viz.data_access.managers import DataAccessManager
from kedro_viz.server import populate_data

from sakon.config_loader import NOT_PROBLEMS, ProblemConfigLoader, problem_name, problem_names
from sakon.errors import ParameterError
from sakon.kinds import problem_errors
from sakon.pipeline_registry import ON_REQUEST
from sakon.pipelines.scoring.config import ScoringConfig
from sakon.problem import EvaluationConfig, Frozen
from sakon.settings import CONFIG_LOADER_ARGS
from sakon.spark.config import DistributedConfig
from sakon.tracking.config import MlflowConfig
from sakon.tracking.metadata import MlflowMetadata
from sakon.validation import validation_errors

CONF = ROOT / "conf"
IN_MEMORY_ON_PURPOSE = re.compile(r"\.untrained_model$|^distributed_scoring\.(kind|champion_info)$")
PROBLEMS = problem_names(CONF)


@pytest.fixture(scope="module", autouse=True)
def _project() -> None:
    bootstrap_project(ROOT)
    pipelines.set_requested(None)


def loader(problem: str) -> ProblemConfigLoader:
    return ProblemConfigLoader(str(CONF), env=problem, **CONFIG_LOADER_ARGS)


def names_in(look: Callable[[Pipeline], set[str]]) -> set[str]:
    """Return what is found in all pipelines, those too that a plain run leaves out."""
    return set().union(*(look(pipeline) for pipeline in pipelines.values()))


def test_a_plain_run_is_all_but_what_runs_on_request() -> None:
    plain = {node.namespace for node in pipelines["__default__"].nodes}
    each = {node.namespace for pipeline in pipelines.values() for node in pipeline.nodes}
    assert each - plain == ON_REQUEST
    assert "evaluation" in plain


def test_problems_are_the_folders() -> None:
    folders = {path.name for path in CONF.iterdir() if path.is_dir()} - NOT_PROBLEMS
    assert set(PROBLEMS) == folders | {"digits"}


@pytest.mark.parametrize("problem", PROBLEMS)
def test_parameters_fit_their_types(problem: str) -> None:
    given = loader(problem)["parameters"]
    typed = TypeExtractor(dict(pipelines)).extract_types_from_pipelines()
    assert {"problem", "evaluation"} <= set(typed)
    assert [error for name, model in typed.items() for error in validation_errors(name, given[name], model)] == []
    assert problem_errors(given["problem"]) == []


@pytest.mark.parametrize(
    ("block", "config"),
    [
        ("evaluation", EvaluationConfig),
        ("scoring", ScoringConfig),
        ("mlflow", MlflowConfig),
        ("distributed", DistributedConfig),
    ],
)
def test_parameter_file_has_the_default_of_every_field(block: str, config: type[Frozen]) -> None:
    values = yaml.safe_load((ROOT / "conf" / "base" / "parameters.yml").read_text())[block]
    assert set(values) == set(config.model_fields)
    assert config(**values) == config()


@pytest.mark.parametrize("problem", PROBLEMS)
def test_no_parameter_is_orphaned(problem: str) -> None:
    read = {name.removeprefix("params:") for name in names_in(Pipeline.inputs) if name.startswith("params:")}
    assert set(loader(problem)["parameters"]) == read | {"mlflow", "run"}


@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_dataset_is_declared(problem: str) -> None:
    catalog = DataCatalog.from_config(loader(problem)["catalog"])
    names = {name for name in names_in(Pipeline.datasets) if not name.startswith("param")}
    assert [name for name in names if name not in catalog] == []
    in_memory = {name for name in names if "Memory" in type(catalog.get(name)).__name__}
    assert all(IN_MEMORY_ON_PURPOSE.search(name) for name in in_memory)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_data_lie_in_the_problems_own_folders(problem: str) -> None:
    catalog = DataCatalog.from_config(loader(problem)["catalog"])
    own = {"raw", "scoring.raw", "distributed_scoring.records"}  # a user's own file lies where it lies
    for name in names_in(Pipeline.datasets) - own:
        path = getattr(catalog.get(name), "_filepath", None) if not name.startswith("param") else None
        if path is not None:
            layer, folder = Path(str(path)).parts[-len(Path(str(path)).parts) :][1:3]
            assert re.match(r"0[1-8]_[a-z_]+$", layer), name
            assert folder == problem, name


def test_declarations_for_mlflow_are_understood() -> None:
    entries: dict[str, Any] = loader("digits")["catalog"]
    tracked = [entry["metadata"]["mlflow"] for entry in entries.values() if "mlflow" in entry.get("metadata", {})]
    assert {MlflowMetadata.model_validate(each).log for each in tracked} == {
        "metrics", "figure", "artifact", "model", "dataset", "decision", "failure",
    }  # fmt: skip


def test_names_follow_the_convention() -> None:
    for name in names_in(Pipeline.datasets):
        assert re.fullmatch(r"(params:)?[a-z_]+(\.[a-z_]+)?", name), name


def new_records(raw: dict[str, Any], tmp_path: Path, kind: str = "tabular", **scoring: Any) -> dict[str, Any]:
    """Return how new records are read where a problem's raw data are declared so."""
    for env, files in {
        "base": {"catalog": {"raw": {"type": "x"}, "scoring.raw": {"like": "raw", "metadata": {"layer": "raw"}}}},
        "wine": {"catalog": {"raw": raw}, "parameters": {"problem": {"kind": kind}, "scoring": {"data": None}}},
    }.items():
        (tmp_path / env).mkdir()
        for name, content in files.items():
            (tmp_path / env / f"{name}.yml").write_text(yaml.safe_dump(content))
    read = ProblemConfigLoader(str(tmp_path), env="wine", runtime_params={"scoring": scoring}, **CONFIG_LOADER_ARGS)
    catalog = read["catalog"]
    assert catalog["raw"] == raw
    entry: dict[str, Any] = catalog["scoring.raw"]
    assert entry.pop("metadata") == {"layer": "raw"}
    return entry


CSV = {"type": "pandas.CSVDataset", "load_args": {"sep": ";"}}


@pytest.mark.parametrize(
    ("raw", "new"),
    [
        (
            CSV | {"filepath": "data/01_raw/wine/all.csv", "metadata": {"a": 1}, "versioned": True, "validator": "x"},
            CSV | {"filepath": "data/01_raw/wine/new.csv"},
        ),
        (
            {"type": "D", "url": "u", "sha256": "s", "dataset": CSV | {"filepath": "data/01_raw/wine/all.tsv"}},
            CSV | {"filepath": "data/01_raw/wine/new.tsv"},
        ),
        (
            {"type": "partitions.PartitionedDataset", "path": "data/01_raw/wine/all", "dataset": {"type": "x"}},
            {"type": "partitions.PartitionedDataset", "path": "data/01_raw/wine/new", "dataset": {"type": "x"}},
        ),
        (
            {"type": "pandas.SQLTableDataset", "table_name": "wines"},
            {"type": "pandas.CSVDataset", "filepath": "data/01_raw/wine/new.csv"},
        ),
    ],
)
def test_new_records_are_read_as_the_raw_ones_are(raw: dict[str, Any], new: dict[str, Any], tmp_path: Path) -> None:
    assert new_records(raw, tmp_path) == new


def test_new_images_are_an_archive_where_the_raw_ones_are_no_file(tmp_path: Path) -> None:
    bundled = {"type": "sakon.datasets.BundledDataset", "loader": "load_digits"}
    archive = {"type": "sakon.datasets.ArraysDataset", "filepath": "data/01_raw/wine/new.npz"}
    assert new_records(bundled, tmp_path, "image") == archive


def test_new_records_lie_where_the_parameter_says(tmp_path: Path) -> None:
    raw = CSV | {"filepath": "data/01_raw/wine/all.csv"}
    assert new_records(raw, tmp_path, data="/tmp/mine.csv") == CSV | {"filepath": "/tmp/mine.csv"}


def test_configuration_is_read_once_and_returned_as_a_copy(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "catalog.yml").write_text(yaml.safe_dump({"raw": {"type": "x"}}))
    read = ProblemConfigLoader(str(tmp_path), env="base", **CONFIG_LOADER_ARGS)
    read["catalog"]["raw"]["type"] = "y"
    (tmp_path / "base" / "catalog.yml").unlink()
    assert read["catalog"] == {"raw": {"type": "x"}}


def test_unknown_problem_is_named_with_the_nearest() -> None:
    with pytest.raises(ParameterError, match="did you mean 'credit'"):
        loader("credti")


def test_environments_of_kedro_are_the_default_problem() -> None:
    assert [problem_name(env) for env in (None, "base", "local", "credit")] == ["digits"] * 3 + ["credit"]


def test_layers_of_kedro_viz_have_an_order() -> None:
    """Kedro-Viz hides the layers if any of them depends on itself, through pipelines drawn as one node too."""
    manager = DataAccessManager()
    with KedroSession.create(ROOT) as session:
        populate_data(manager, session.load_context().catalog, dict(pipelines), {})
    manager.create_modular_pipelines_tree_for_registered_pipeline("__default__")
    layers = manager.get_sorted_layers_for_registered_pipeline("__default__")
    assert layers[0] == "raw"
    assert layers[-1] == "reporting"
    assert len(layers) == 8
