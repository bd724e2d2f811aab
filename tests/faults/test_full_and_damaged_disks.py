"""Disks that are full or read-only, and damaged files: one sentence with the path and what to do, old files whole."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import kedro, run
from fabricate import CASES
from kedro.io import DatasetError

from sakon.datasets import ExamplesDataset, JSONDataset, ModelDataset, ParquetDataset, SkopsDataset, TextDataset
from sakon.errors import DataError, FamiliesFailedError, sentences_of
from sakon.problem import Examples
from sakon.training.checkpoints import Checkpoints, TrainingState

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX mounts and limits")
SIZE = 64 * 1024
LARGE = np.random.default_rng(0).normal(size=(20_000, 3)).astype(np.float32)


def mount(folder: Path, options: str) -> bool:
    """Mount a file system in memory, if the tests may do so."""
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@contextmanager
def little_room(folder: Path) -> Iterator[None]:
    """Give a folder a small file system of its own; where that is not allowed, limit the size of files."""
    if mount(folder, f"size={SIZE}"):
        try:
            yield
        finally:
            subprocess.run(["umount", str(folder)], check=True)
        return
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SIZE, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Let nobody write to a folder; modes alone do not stop the administrator."""
    if mount(folder, "ro"):
        try:
            yield
        finally:
            subprocess.run(["umount", str(folder)], check=True)
        return
    folder.chmod(0o555)
    try:
        yield
    finally:
        folder.chmod(0o755)


def save_model(path: Path, scale: float) -> None:
    from sklearn.neighbors import KNeighborsClassifier

    ModelDataset(filepath=str(path)).save(KNeighborsClassifier().fit(LARGE * scale, np.arange(len(LARGE)) % 2))


def save_checkpoint(path: Path, scale: float) -> None:
    state = TrainingState(1, [LARGE * scale], [LARGE], 1, [{"epoch": 1, "val_loss": 1.0}], 0.5)
    Checkpoints(path.parent).save(state, "a" * 64)


def save_skops(path: Path, scale: float) -> None:
    from sklearn.preprocessing import QuantileTransformer

    SkopsDataset(filepath=str(path)).save(QuantileTransformer(n_quantiles=9_000).fit(LARGE * scale))


SAVES: dict[str, Callable[[Path, float], None]] = {
    "a.parquet": lambda path, scale: ParquetDataset(filepath=str(path)).save(pd.DataFrame(LARGE * scale)),
    "b.parquet": lambda path, scale: ExamplesDataset(filepath=str(path)).save(
        Examples(LARGE * np.float32(scale), np.arange(len(LARGE)), np.arange(len(LARGE)))
    ),
    "c.json": lambda path, scale: JSONDataset(filepath=str(path)).save((LARGE[:9000] * scale).tolist()),
    "d.html": lambda path, scale: TextDataset(filepath=str(path)).save(str(scale) * SIZE),
    "e.skops": save_skops,
    "model.skops": save_model,
    "epoch_000001.aaaaaaaaaaaaaaaa.npz": save_checkpoint,
}


@pytest.mark.parametrize("name", SAVES)
def test_a_full_disk_is_one_sentence(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    with little_room(folder):
        (folder / name).write_bytes(b"old")
        with pytest.raises((DatasetError, OSError)) as caught:
            SAVES[name](folder / name, 2.0)
        assert (folder / name).read_bytes() == b"old"
        assert [path.name for path in folder.iterdir()] == [name]
    (sentence,) = sentences_of(caught.value)
    assert sentence.startswith(f"{folder / name}: expected room to write, found none (")
    assert sentence.endswith("; make room on the disk and rerun the command: completed outputs were kept.")


def test_a_disk_that_fills_up_ends_the_family_and_a_rerun_completes_it(project: Path) -> None:
    CASES[0].write(project)
    run(project, pipelines=["ingestion", "preprocessing"])
    models = project / "data/06_models"
    models.mkdir(exist_ok=True)
    if not mount(models, "size=4096"):
        pytest.skip("the tests may not mount a file system: this check did not run")
    try:
        with pytest.raises((FamiliesFailedError, DatasetError)) as caught:
            run(project, pipelines=["baseline"])
        (sentence,) = sentences_of(caught.value)
        assert sentence.startswith(f"{models}/test/baseline/")
        assert ": expected room to write, found none (No space left on device); make room" in sentence
        assert list(models.rglob(".*")) == []
    finally:
        subprocess.run(["umount", str(models)], check=True)
    run(project, pipelines=["baseline"])
    assert list(models.rglob("model.skops"))


def test_a_read_only_folder_is_one_sentence(project: Path) -> None:
    CASES[0].write(project)
    folder = project / "data/04_feature"
    folder.mkdir()
    with read_only(folder):
        done = kedro(project, "run", "--env=test", "--pipelines=ingestion,preprocessing")
    assert done.returncode == 1
    assert "data/04_feature/test" in " ".join(done.stderr.split()).replace(" ", "")
    assert "expected permission to read or write, found none" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr + done.stdout


DAMAGED = (
    "04_feature/test/input_spec.json",
    "05_model_input/test/test.parquet",
    "03_primary/test/test_records.parquet",
)


def test_damaged_inputs_of_the_evaluation_are_one_sentence_each(project: Path) -> None:
    CASES[0].write(project)
    run(project, pipelines=["ingestion", "preprocessing", "baseline"])
    for name in DAMAGED:
        path = project / "data" / name
        content = path.read_bytes()
        for damaged in (content[: len(content) // 2], b""):
            path.write_bytes(damaged)
            with pytest.raises((DatasetError, DataError, FamiliesFailedError)) as caught:
                run(project, pipelines=["evaluation"])
            sentence = sentences_of(caught.value)[0]
            assert str(path) in sentence
            assert "expected a complete " in sentence
            assert "restore it, or rerun the pipeline that writes it" in sentence
        path.write_bytes(content)
    run(project, pipelines=["evaluation"])
