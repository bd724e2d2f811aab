"""Families trained in memory, without a session, on the small settings of the environment `test`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from fabricate import Fabricated
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner
from sessions import ROOT

from sakon import families
from sakon.datasets import CheckpointsDataset, TrainingEventsDataset
from sakon.pipelines.ingestion.nodes import make_records
from sakon.pipelines.preprocessing.nodes import fit_preprocessor, split, transform
from sakon.problem import Examples, InputSpec
from sakon.training.checkpoints import Checkpoints
from sakon.training.events import TrainingEvents
from sakon.training.fit import fit
from sakon.training.methods import all_variables, build_optimizers


class UnreleasedDataset(MemoryDataset):
    """Stays in memory after the last node has read it."""

    def _release(self) -> None:
        """Do not release the data."""


def small_config(family: str) -> Any:
    settings = yaml.safe_load((ROOT / "conf" / "base" / f"parameters_{family}.yml").read_text())[family]
    smaller = yaml.safe_load((ROOT / "conf" / "test" / "parameters.yml").read_text()).get(family, {})
    return import_module(f"sakon.pipelines.{family}.config").Config(**(settings | smaller))


def prepare(case: Fabricated) -> tuple[Examples, Examples, InputSpec]:
    """Return train, validation and the inputs of the networks, from the raw data."""
    records, schema, _ = make_records(case.raw, case.problem)
    train_records, validation_records, _ = split(records, schema, case.problem)
    preprocessor, input_spec = fit_preprocessor(train_records, schema, case.problem)
    train, validation = (
        transform(part, preprocessor, input_spec, schema) for part in (train_records, validation_records)
    )
    return train, validation, input_spec


def train_in_memory(family: str, case: Fabricated, folder: Path) -> tuple[Any, Examples]:
    """Return the model and the validation split; the folder is for checkpoints."""
    train, validation, input_spec = prepare(case)
    inputs = {"train": train, "validation": validation, "input_spec": input_spec}
    inputs |= {"params:problem": case.problem, f"params:{family}": small_config(family)}
    pipeline = import_module(f"sakon.pipelines.{family}").create_pipeline()
    catalog = DataCatalog(
        {name: UnreleasedDataset(value, copy_mode="assign") for name, value in inputs.items()}
        | {name: UnreleasedDataset(copy_mode="assign") for name in pipeline.all_outputs()}
        | {f"{family}.checkpoints": CheckpointsDataset(filepath=str(folder / "checkpoints"))}
        | {f"{family}.events": TrainingEventsDataset(family=family)}
    )
    SequentialRunner().run(pipeline.to_outputs(f"{family}.model"), catalog)
    return catalog.load(f"{family}.model"), catalog.load("validation")


def train_again(family: str, network: Any, case: Fabricated, folder: Path) -> Any:
    """Train a network once more from its initial state, and return the model.

    The network keeps its compiled functions: to trace them takes most of the time of a small training.
    """
    spec, config = families.get(family), small_config(family)
    assert spec.build is not None
    train, validation, input_spec = prepare(case)
    initial = build_optimizers(spec.build(input_spec, config, case.problem))
    for variable, value in zip(all_variables(network), all_variables(initial), strict=True):
        variable.assign(value)
    context = (train, validation, input_spec, config, case.problem, Checkpoints(folder), TrainingEvents())
    network, _, training = fit(network, *context)
    if spec.fit_head is None:
        return network
    return spec.fit_head(network, training, train, validation, input_spec, case.problem)[0]
