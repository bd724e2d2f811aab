"""Problems whose data a library downloads, run on small files in the layout of the library."""

from __future__ import annotations

from pathlib import Path

import caches
import numpy as np
import pytest
import yaml
from conftest import kedro, run

from sakon.datasets import ExamplesDataset, ParquetDataset, TypedJSONDataset

WRITERS = {"fashion": caches.write_fashion, "faces": caches.write_faces, "fraud": caches.write_fraud}
CLASSES = {"fashion": 10, "faces": 40, "fraud": 2}
SHAPES = {"fashion": (28, 28, 1), "faces": (64, 64, 1), "fraud": (3,)}


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("problem", WRITERS)
def test_existing_files_are_used_without_network(project: Path, problem: str) -> None:
    folder = project / "data/01_raw" / problem
    WRITERS[problem](folder)
    catalog = project / "conf" / problem / "catalog.yml"
    entry = yaml.safe_load(catalog.read_text())
    if problem != "fraud":  # its description contains the checksum
        entry["raw"]["checksums"] = caches.checksums(folder)
    catalog.write_text(yaml.safe_dump(entry))
    run(project, env=problem, pipelines=["ingestion", "preprocessing"])
    data = project / "data"
    schema = TypedJSONDataset(
        filepath=f"{data}/02_intermediate/{problem}/schema.json", model="sakon.problem.Schema"
    ).load()
    assert (schema.task, len(schema.classes)) == ("classification", CLASSES[problem])
    records = ParquetDataset(filepath=f"{data}/02_intermediate/{problem}/records.parquet").load()
    splits = [
        ExamplesDataset(filepath=f"{data}/05_model_input/{problem}/{split}.parquet").load()
        for split in ("train", "validation", "test")
    ]
    assert sum(map(len, splits)) == len(records)
    assert all(split.x.shape[1:] == SHAPES[problem] for split in splits)
    assert all(set(split.y) == set(range(CLASSES[problem])) for split in splits)
    if problem == "faces":
        assert [np.unique(np.bincount(split.y)).tolist() for split in splits] == [[6], [2], [2]]


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("problem", WRITERS)
def test_the_command_reports_a_missing_network(project: Path, problem: str) -> None:
    done = kedro(project, "run", "--env", problem, "--pipelines", "ingestion")
    assert done.returncode == 1
    message = " ".join(done.stderr.split())
    assert "not exist, and the server is not reachable" in message
    assert "Traceback" not in done.stderr + done.stdout
