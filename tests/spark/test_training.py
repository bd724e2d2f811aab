"""Learning on a real Spark session: the same weights as on one machine, whatever happens on the way."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import ROOT
from resuming import check_resumed_equals_undisturbed
from spark.examples import PROBLEM, SPEC, digits, write

from sakon import families
from sakon.errors import ClusterError, DataError
from sakon.models.predict import predict_outputs
from sakon.problem import Examples
from sakon.spark import training
from sakon.spark.cluster import Cluster
from sakon.spark.config import DistributedConfig
from sakon.spark.partitions import PartitionsDataset
from sakon.spark.training import Trained
from sakon.training import fit as local
from sakon.training.checkpoints import Checkpoints
from sakon.training.events import TrainingEvents

SMALL = yaml.safe_load((ROOT / "conf/test/parameters.yml").read_text())
DEFAULTS = yaml.safe_load((ROOT / "conf/base/parameters_mlp.yml").read_text())["mlp"]
SPLITS = (0, 1, 2)
"""Splits to compare accuracies on: of one alone a point is three rows of test, and chance decides."""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return written(tmp_path)


def written(folder: Path, seed: int | None = None) -> Path:
    for part, name in zip(digits(seed), ("train", "validation"), strict=False):
        write(part, folder / f"{name}.parquet")
    return folder


def config(family: str, **settings: Any) -> Any:
    return import_module(f"sakon.pipelines.{family}.config").Config(**SMALL[family] | settings)


def learnt(
    folder: Path, cluster: Cluster, family: str = "mlp", checkpoints: Path | None = None, problem: Any = PROBLEM,
    settings: dict[str, Any] | None = None, events: TrainingEvents | None = None, **distributed: Any,
) -> Trained:  # fmt: skip
    train, validation = (
        PartitionsDataset(filepath=str(folder / name)).load() for name in ("train.parquet", "validation.parquet")
    )
    given = DistributedConfig(**{"family": family} | distributed)
    build, made = families.get(family).build, config(family, **settings or {})
    place = Checkpoints(checkpoints or folder / "checkpoints")
    return training.fit(
        build, train, validation, SPEC, made, problem, given, cluster, place, events or TrainingEvents()
    )


def learnt_locally(folder: Path, problem: Any, **settings: Any) -> Any:
    train, validation, _ = digits(problem.seed)
    made = config("mlp", **settings)
    model = families.get("mlp").build(SPEC, made, problem)
    return local.fit(model, train, validation, SPEC, made, problem, Checkpoints(folder / "local"), TrainingEvents())[0]


def learnt_with_the_cores_of_a_task(
    folder: Path, cluster: Cluster, family: str, problem: Any
) -> tuple[list[np.ndarray], pd.DataFrame]:
    """Let a worker run the local `fit`: with another number of threads convolutions round otherwise."""
    train, validation, _ = digits()
    given = (families.get(family).build, config(family), problem, SPEC, train, validation, str(folder / "local"))

    def fit_there(_: int, given: Any) -> tuple[list[np.ndarray], pd.DataFrame]:
        from pathlib import Path

        import numpy as np

        from sakon.spark.threads import limit_threads
        from sakon.training.checkpoints import Checkpoints
        from sakon.training.events import TrainingEvents
        from sakon.training.fit import fit

        limit_threads(1)
        build, config, problem, spec, train, validation, place = given
        model = build(spec, config, problem)
        model, history, _ = fit(
            model, train, validation, spec, config, problem, Checkpoints(Path(place)), TrainingEvents()
        )
        return [np.asarray(each) for each in model.weights if not each.path.endswith("/steps")], history

    with cluster.shared(given) as sent:
        return cluster.run(fit_there, [0], sent)[0]


def accuracy(model: Any, part: Examples) -> float:
    return float((predict_outputs(model, part.x).argmax(axis=1) == part.y).mean())


def weights(model: Any) -> list[tuple[str, np.ndarray]]:
    """Return all weights with their names, but for a map's count of steps, which no one else needs."""
    return [(each.path, np.asarray(each)) for each in model.weights if not each.path.endswith("/steps")]


@pytest.mark.parametrize("family", families.trainable())
def test_one_partition_is_local_training_weight_for_weight(family: str, files: Path, cluster: Cluster) -> None:
    problem = PROBLEM.model_copy(update={"class_weight": {3: 2.0}})
    found = learnt(files, cluster, family, problem=problem, partitions=1)
    theirs, history = learnt_with_the_cores_of_a_task(files, cluster, family, problem)
    for (name, value), other in zip(weights(found.model), theirs, strict=True):
        if "snapshot" in name:  # drawn by the master, with its own number of threads
            np.testing.assert_allclose(value, other, rtol=1e-3, atol=1e-5, err_msg=name)
        else:
            np.testing.assert_array_equal(value, other, err_msg=name)
    pd.testing.assert_frame_equal(found.history, history, check_like=True, rtol=1e-4)


@pytest.fixture(scope="module")
def local_accuracies(tmp_path_factory: pytest.TempPathFactory) -> list[float]:
    problems = [PROBLEM.model_copy(update={"seed": seed}) for seed in SPLITS]
    found = [learnt_locally(tmp_path_factory.mktemp("mlp"), problem, **DEFAULTS) for problem in problems]
    return [accuracy(model, digits(seed)[2]) for model, seed in zip(found, SPLITS, strict=True)]


@pytest.mark.parametrize("partitions", [2, 4])
def test_partitions_reach_the_local_accuracy(
    partitions: int, tmp_path_factory: pytest.TempPathFactory, cluster: Cluster, local_accuracies: list[float]
) -> None:
    reached = []
    for seed in SPLITS:
        folder, problem = written(tmp_path_factory.mktemp("digits"), seed), PROBLEM.model_copy(update={"seed": seed})
        found = learnt(folder, cluster, problem=problem, partitions=partitions, settings=DEFAULTS)
        reached.append(accuracy(found.model, digits(seed)[2]))
        assert found.training.details["partitions"] == partitions
        assert found.training.details["worker_batch"] == DEFAULTS["batch_size"] // partitions
        assert found.workers.groupby("epoch")["rows"].sum().eq(1200).all()
    assert np.mean(reached) >= np.mean(local_accuracies) - 0.01


def test_a_map_is_exact_whatever_the_partitions(files: Path, cluster: Cluster) -> None:
    whole, parted = (learnt(files, cluster, "som", partitions=count) for count in (1, 3))
    np.testing.assert_allclose(
        np.asarray(parted.model.codebook.codebook), np.asarray(whole.model.codebook.codebook), atol=1e-5
    )


def test_a_tiny_partition_and_an_empty_one_weigh_what_they_hold(tmp_path: Path, cluster: Cluster) -> None:
    train, validation, test = digits()
    (tmp_path / "train.parquet").mkdir()
    for number, rows in enumerate((slice(0, 1190), slice(1190, 1200), slice(0, 0))):
        write(_rows(train, rows), tmp_path / f"train.parquet/part-{number:05d}.parquet")
    write(validation, tmp_path / "validation.parquet")
    found = learnt(tmp_path, cluster, settings={"epochs": 10})
    assert sorted(found.workers.query("epoch == 1")["rows"]) == [10, 1190]
    write(train, tmp_path / "whole.parquet")
    (tmp_path / "whole").mkdir()
    write(train, tmp_path / "whole/train.parquet")
    write(validation, tmp_path / "whole/validation.parquet")
    whole = learnt(tmp_path / "whole", cluster, partitions=1, settings={"epochs": 10})
    assert accuracy(found.model, test) >= accuracy(whole.model, test) - 0.02  # unweighted, ten rows would be half


def test_more_and_less_than_an_epoch_between_averages(files: Path, cluster: Cluster) -> None:
    often = learnt(files, cluster, partitions=2, local_epochs=0.5, settings={"epochs": 4})
    seldom = learnt(files, cluster, partitions=2, local_epochs=2, settings={"epochs": 4})
    assert (len(often.history), len(seldom.history)) == (8, 2)
    assert often.history["loss"].iloc[-1] < often.history["loss"].iloc[0]


def test_a_shared_batch_makes_as_many_steps_as_one_machine(files: Path, cluster: Cluster) -> None:
    steps = {
        shared: int(learnt(files, cluster, partitions=2, shared_batch=shared).model.optimizer.iterations)
        for shared in (True, False)
    }
    alone = SMALL["mlp"]["epochs"] * (1200 // DEFAULTS["batch_size"])
    assert steps == {True: alone, False: alone // 2}


def test_outer_momentum_moves_the_master(files: Path, cluster: Cluster) -> None:
    outer = {"outer_learning_rate": 0.7, "outer_momentum": 0.9, "nesterov": True}
    plain, ahead = (learnt(files, cluster, partitions=2, **given) for given in ({"outer_momentum": 0.0}, outer))
    assert ahead.history["loss"].iloc[-1] < ahead.history["loss"].iloc[0]
    assert not np.array_equal(plain.model.get_weights()[0], ahead.model.get_weights()[0])


def test_a_driver_that_was_killed_goes_on(files: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    def train(folder: Path, events: TrainingEvents) -> tuple[list[np.ndarray], pd.DataFrame]:
        found = learnt(files, cluster, checkpoints=folder, events=events, partitions=2, outer_momentum=0.5)
        return found.model.get_weights(), found.history

    check_resumed_equals_undisturbed(train, files, monkeypatch)


def test_more_partitions_than_rows(files: Path, cluster: Cluster) -> None:
    with pytest.raises(DataError, match=r"at most as many as train has rows \(1,200\), found 5,000"):
        learnt(files, cluster, partitions=5000)


def test_a_partition_that_is_not_whole_stops_before_any_training(files: Path, cluster: Cluster) -> None:
    path = files / "train.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"train\.parquet: expected a whole Parquet file"):
        learnt(files, cluster, partitions=2)


def test_a_model_that_is_too_large_to_be_sent(files: Path, cluster: Cluster) -> None:
    with pytest.raises(ClusterError, match=r"distributed\.largest_model"):
        learnt(files, cluster, largest_model=1, settings={"units": [5000]})


def test_a_training_that_diverges(files: Path, cluster: Cluster) -> None:
    problem = PROBLEM.model_copy(update={"class_weight": {3: 1e39}})
    with pytest.raises(ClusterError, match=r"Family mlp: expected a finite loss, found (inf|nan) in epoch 1"):
        learnt(files, cluster, problem=problem, partitions=2)


def _rows(part: Examples, rows: slice) -> Examples:
    return Examples(part.x[rows], part.y[rows], part.row[rows])
