"""A family trained in memory, without a session, on the small settings of the environment `test`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from fabricate import Fabricated
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner
from sessions import ROOT

from sakon.datasets import CheckpointsDataset, TrainingEventsDataset
from sakon.pipelines.ingestion.nodes import make_records
from sakon.pipelines.preprocessing.nodes import fit_preprocessor, split, transform
from sakon.problem import Examples


class UnreleasedDataset(MemoryDataset):
    """Stays in memory after the last node has read it."""

    def _release(self) -> None:
        """Do not release the data."""


def small_config(family: str) -> Any:
    settings = yaml.safe_load((ROOT / "conf" / "base" / f"parameters_{family}.yml").read_text())[family]
    smaller = yaml.safe_load((ROOT / "conf" / "test" / "parameters.yml").read_text()).get(family, {})
    return import_module(f"sakon.pipelines.{family}.config").Config(**(settings | smaller))


def train_in_memory(family: str, case: Fabricated, folder: Path) -> tuple[Any, Examples]:
    """Return the model and the validation split; the folder is for checkpoints."""
    problem = case.problem
    records, schema, _ = make_records(case.raw, problem)
    train_records, validation_records, _ = split(records, schema, problem)
    preprocessor, input_spec = fit_preprocessor(train_records, schema, problem)
    inputs = {
        "train": transform(train_records, preprocessor, input_spec, schema),
        "validation": transform(validation_records, preprocessor, input_spec, schema),
        "input_spec": input_spec,
        "params:problem": problem,
        f"params:{family}": small_config(family),
    }
    pipeline = import_module(f"sakon.pipelines.{family}").create_pipeline()
    catalog = DataCatalog(
        {name: UnreleasedDataset(value, copy_mode="assign") for name, value in inputs.items()}
        | {name: UnreleasedDataset(copy_mode="assign") for name in pipeline.all_outputs()}
        | {f"{family}.checkpoints": CheckpointsDataset(filepath=str(folder / "checkpoints"))}
        | {f"{family}.events": TrainingEventsDataset(family=family)}
    )
    SequentialRunner().run(pipeline.to_outputs(f"{family}.model"), catalog)
    return catalog.load(f"{family}.model"), catalog.load("validation")
