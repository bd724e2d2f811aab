"""Distributed training in a real Spark session: weights as on one machine, resume, and errors."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import ROOT
from coverage_pauses import without_coverage
from resuming import check_resumed_equals_undisturbed
from spark.examples import PROBLEM, SPEC, digits, write

from sakon import families
from sakon.errors import ClusterError, DataError
from sakon.models.predict import predict_outputs
from sakon.problem import Examples, Problem
from sakon.spark.cluster import Cluster
from sakon.spark.config import DistributedConfig
from sakon.spark.driver import DistributedTraining, fit_distributed
from sakon.spark.partitions_dataset import PartitionsDataset
from sakon.spark.worker import NetworkSpec
from sakon.training.checkpoints import Checkpoints
from sakon.training.events import TrainingEvents
from sakon.training.fit import fit

SMALL = yaml.safe_load((ROOT / "conf/test/parameters.yml").read_text())
DEFAULTS = yaml.safe_load((ROOT / "conf/base/parameters_mlp.yml").read_text())["mlp"]
THREE_EPOCHS = {"epochs": 3}
ACCURATE = DEFAULTS | {"units": [64], "epochs": 12}
"""A training that comes close to the accuracy of the defaults in a twentieth of their epochs."""
SEEDS = (0, 1, 2)
"""Seeds of the splits whose accuracies are averaged: one point of accuracy is three rows of a single test split."""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return write_splits(tmp_path)


def write_splits(folder: Path, seed: int | None = None) -> Path:
    """Write train and validation of the digits."""
    for examples, name in zip(digits(seed), ("train", "validation"), strict=False):
        write(examples, folder / f"{name}.parquet")
    return folder


def config(family: str, **settings: Any) -> Any:
    return import_module(f"sakon.pipelines.{family}.config").Config(**SMALL[family] | settings)


def train(
    folder: Path, cluster: Cluster, family: str = "mlp", checkpoints: Path | None = None, problem: Problem = PROBLEM,
    settings: dict[str, Any] | None = None, events: TrainingEvents | None = None, **distributed: Any,
) -> DistributedTraining:  # fmt: skip
    """Train a family on the cluster, from the files in a folder."""
    splits = (PartitionsDataset(filepath=str(folder / f"{name}.parquet")).load() for name in ("train", "validation"))
    distributed_config = DistributedConfig(**{"family": family} | distributed)
    network = NetworkSpec(families.get(family).build, SPEC, config(family, **settings or {}), problem)
    saved = Checkpoints(checkpoints or folder / "checkpoints")
    return fit_distributed(network, *splits, distributed_config, cluster, saved, events or TrainingEvents())


def train_here(folder: Path, problem: Problem, **settings: Any) -> Any:
    """Return an mlp that was trained by the `fit` of one machine."""
    train, validation, _ = digits(problem.seed)
    family_config = config("mlp", **settings)
    model = families.get("mlp").build(SPEC, family_config, problem)
    checkpoints = Checkpoints(folder / "local")
    return fit(model, train, validation, SPEC, family_config, problem, checkpoints, TrainingEvents())[0]


def fit_in_a_task(
    folder: Path, cluster: Cluster, family: str, problem: Problem
) -> tuple[list[np.ndarray], pd.DataFrame]:
    """Run the `fit` of one machine in a task: with another number of threads, convolutions round differently."""
    train, validation, _ = digits()
    build = families.get(family).build
    arguments = (build, config(family, **THREE_EPOCHS), problem, SPEC, train, validation, str(folder / "local"))

    def task(_: int, arguments: Any) -> tuple[list[np.ndarray], pd.DataFrame]:
        from pathlib import Path

        import numpy as np

        from sakon.spark.worker_process import limit_threads
        from sakon.training.checkpoints import Checkpoints
        from sakon.training.events import TrainingEvents
        from sakon.training.fit import fit

        limit_threads(1)
        build, config, problem, spec, train, validation, checkpoints = arguments
        model = build(spec, config, problem)
        model, history, _ = fit(
            model, train, validation, spec, config, problem, Checkpoints(Path(checkpoints)), TrainingEvents()
        )
        return [np.asarray(each) for each in model.weights if not each.path.endswith("/steps")], history

    with cluster.broadcast(arguments) as broadcast:
        return cluster.map(task, [0], broadcast)[0]


def accuracy(model: Any, examples: Examples) -> float:
    return float((predict_outputs(model, examples.x).argmax(axis=1) == examples.y).mean())


def named_weights(model: Any) -> list[tuple[str, np.ndarray]]:
    """Return all weights with their names, without a map's count of steps, which has no effect after training."""
    return [(each.path, np.asarray(each)) for each in model.weights if not each.path.endswith("/steps")]


@pytest.mark.parametrize("family", families.trainable())
def test_one_partition_equals_training_on_one_machine(family: str, files: Path, cluster: Cluster) -> None:
    problem = PROBLEM.model_copy(update={"class_weight": {3: 2.0}})
    result = train(files, cluster, family, problem=problem, settings=THREE_EPOCHS, partitions=1)
    expected, history = fit_in_a_task(files, cluster, family, problem)
    for (name, value), other in zip(named_weights(result.model), expected, strict=True):
        if "snapshot" in name:  # drawn by the driver, with its number of threads
            np.testing.assert_allclose(value, other, rtol=1e-3, atol=1e-5, err_msg=name)
        else:
            np.testing.assert_array_equal(value, other, err_msg=name)
    pd.testing.assert_frame_equal(result.history, history, check_like=True, rtol=1e-4)


@pytest.fixture(scope="module")
def accuracies_of_one_machine(tmp_path_factory: pytest.TempPathFactory) -> list[float]:
    problems = [PROBLEM.model_copy(update={"seed": seed}) for seed in SEEDS]
    models = [train_here(tmp_path_factory.mktemp("mlp"), problem, **ACCURATE) for problem in problems]
    return [accuracy(model, digits(seed)[2]) for model, seed in zip(models, SEEDS, strict=True)]


@pytest.mark.parametrize("partitions", [2, 4])
def test_partitions_reach_the_accuracy_of_one_machine(
    partitions: int, tmp_path_factory: pytest.TempPathFactory, cluster: Cluster, accuracies_of_one_machine: list[float]
) -> None:
    accuracies = []
    for seed in SEEDS:
        folder = write_splits(tmp_path_factory.mktemp("digits"), seed)
        problem = PROBLEM.model_copy(update={"seed": seed})
        with without_coverage():
            result = train(folder, cluster, problem=problem, partitions=partitions, settings=ACCURATE)
        accuracies.append(accuracy(result.model, digits(seed)[2]))
        assert result.training.details["partitions"] == partitions
        assert result.training.details["worker_batch"] == DEFAULTS["batch_size"] // partitions
        assert result.workers.groupby("epoch")["rows"].sum().eq(1200).all()
    assert np.mean(accuracies) >= np.mean(accuracies_of_one_machine) - 0.01


def test_map_does_not_depend_on_partitions(files: Path, cluster: Cluster) -> None:
    one, three = (train(files, cluster, "som", partitions=count) for count in (1, 3))
    np.testing.assert_allclose(
        np.asarray(three.model.codebook.codebook), np.asarray(one.model.codebook.codebook), atol=1e-5
    )


def test_small_and_empty_partitions_are_weighted_by_rows(tmp_path: Path, cluster: Cluster) -> None:
    train_examples, validation, test = digits()
    (tmp_path / "train.parquet").mkdir()
    for number, rows in enumerate((slice(0, 1190), slice(1190, 1200), slice(0, 0))):
        write(select_rows(train_examples, rows), tmp_path / f"train.parquet/part-{number:05d}.parquet")
    write(validation, tmp_path / "validation.parquet")
    result = train(tmp_path, cluster, settings={"epochs": 10})
    assert sorted(result.workers.query("epoch == 1")["rows"]) == [10, 1190]
    (tmp_path / "one").mkdir()
    write(train_examples, tmp_path / "one/train.parquet")
    write(validation, tmp_path / "one/validation.parquet")
    one = train(tmp_path / "one", cluster, partitions=1, settings={"epochs": 10})
    # Without weights, the ten rows would have half the influence.
    assert accuracy(result.model, test) >= accuracy(one.model, test) - 0.02


def test_local_epochs_set_the_number_of_rounds(files: Path, cluster: Cluster) -> None:
    half = train(files, cluster, partitions=2, local_epochs=0.5, settings={"epochs": 4})
    double = train(files, cluster, partitions=2, local_epochs=2, settings={"epochs": 4})
    assert (len(half.history), len(double.history)) == (8, 2)
    assert half.history["loss"].iloc[-1] < half.history["loss"].iloc[0]


def test_shared_batch_takes_as_many_steps_as_one_machine(files: Path, cluster: Cluster) -> None:
    steps = {
        shared: int(train(files, cluster, partitions=2, shared_batch=shared).model.optimizer.iterations)
        for shared in (True, False)
    }
    steps_of_one_machine = SMALL["mlp"]["epochs"] * (1200 // DEFAULTS["batch_size"])
    assert steps == {True: steps_of_one_machine, False: steps_of_one_machine // 2}


def test_outer_momentum_changes_the_weights(files: Path, cluster: Cluster) -> None:
    outer = {"outer_learning_rate": 0.7, "outer_momentum": 0.9, "nesterov": True}
    average, momentum = (train(files, cluster, partitions=2, **each) for each in ({"outer_momentum": 0.0}, outer))
    assert momentum.history["loss"].iloc[-1] < momentum.history["loss"].iloc[0]
    kernels = [np.asarray(result.model.get_layer("dense_1").kernel) for result in (average, momentum)]
    assert not np.array_equal(*kernels)


def test_killed_driver_resumes(files: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    def train_once(folder: Path, events: TrainingEvents) -> tuple[list[np.ndarray], pd.DataFrame]:
        result = train(files, cluster, checkpoints=folder, events=events, partitions=2, outer_momentum=0.5)
        return result.model.get_weights(), result.history

    check_resumed_equals_undisturbed(train_once, files, monkeypatch)


def test_more_partitions_than_rows_are_an_error(files: Path, cluster: Cluster) -> None:
    with pytest.raises(DataError, match=r"distributed\.partitions: .*1,200.*5,000"):
        train(files, cluster, partitions=5000)


def test_damaged_partition_is_an_error_before_training(files: Path, cluster: Cluster) -> None:
    path = files / "train.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"train\.parquet: expected a complete Parquet file"):
        train(files, cluster, partitions=2)


def test_too_large_model_is_an_error(files: Path, cluster: Cluster) -> None:
    with pytest.raises(ClusterError, match=r"Family mlp: .*distributed\.max_model_mib"):
        train(files, cluster, max_model_mib=1, settings={"units": [5000]})


def test_divergence_is_an_error(files: Path, cluster: Cluster) -> None:
    problem = PROBLEM.model_copy(update={"class_weight": {3: 1e39}})
    with pytest.raises(ClusterError, match=r"Family mlp: expected a finite loss, found (inf|nan) in epoch 1"):
        train(files, cluster, problem=problem, partitions=2)


def select_rows(examples: Examples, rows: slice) -> Examples:
    return Examples(examples.x[rows], examples.y[rows], examples.row[rows])
