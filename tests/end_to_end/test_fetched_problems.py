"""The problems whose data libraries fetch, run on small stand-ins for what those libraries keep."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import caches
import numpy as np
import pytest
import yaml
from conftest import run

from sakon.datasets import ExamplesDataset, ParquetDataset, TypedJSONDataset

STAND_INS = {"fashion": caches.write_fashion, "faces": caches.write_faces, "fraud": caches.write_fraud}
CLASSES = {"fashion": 10, "faces": 40, "fraud": 2}
SHAPES = {"fashion": (28, 28, 1), "faces": (64, 64, 1), "fraud": (3,)}


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("problem", STAND_INS)
def test_what_lies_in_the_folder_is_used_without_a_network(project: Path, problem: str) -> None:
    folder = project / "data/01_raw" / problem
    STAND_INS[problem](folder)
    catalog = project / "conf" / problem / "catalog.yml"
    entry = yaml.safe_load(catalog.read_text())
    if problem != "fraud":  # whose checksum is in the description beside it
        entry["raw"]["checksums"] = caches.checksums(folder)
    catalog.write_text(yaml.safe_dump(entry))
    run(project, env=problem, pipelines=["ingestion", "preprocessing"])
    data = project / "data"
    schema = TypedJSONDataset(
        filepath=f"{data}/02_intermediate/{problem}/schema.json", model="sakon.problem.Schema"
    ).load()
    assert (schema.task, len(schema.classes)) == ("classification", CLASSES[problem])
    records = ParquetDataset(filepath=f"{data}/02_intermediate/{problem}/records.parquet").load()
    parts = [
        ExamplesDataset(filepath=f"{data}/05_model_input/{problem}/{part}.parquet").load()
        for part in ("train", "validation", "test")
    ]
    assert sum(map(len, parts)) == len(records)
    assert all(part.x.shape[1:] == SHAPES[problem] for part in parts)
    assert all(set(part.y) == set(range(CLASSES[problem])) for part in parts)
    if problem == "faces":
        assert [np.unique(np.bincount(part.y)).tolist() for part in parts] == [[6], [2], [2]]


@pytest.mark.parametrize("problem", STAND_INS)
def test_the_command_says_plainly_that_there_is_no_network(project: Path, problem: str) -> None:
    # A proxy that does not answer cuts the libraries off from any network that the machine has.
    cut_off = {name: value for name, value in os.environ.items() if name.lower() != "no_proxy"}
    cut_off |= {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    command = [sys.executable, "-m", "kedro", "run", "--env", problem, "--pipelines", "ingestion"]
    done = subprocess.run(command, cwd=project, env=cut_off, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    said = " ".join(done.stderr.split())
    assert "not there and the network was not reached" in said
    assert "Traceback" not in done.stderr + done.stdout
