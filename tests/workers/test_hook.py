"""When workers are started, and how many."""

from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.framework.project import settings
from kedro.io import DataCatalog
from kedro.pipeline import Node, Pipeline
from sessions import SessionRecorder, configure

from sakon.datasets import JSONDataset
from sakon.workers import WorkersHook
from sakon.workers import hook as module

PIPELINE = Pipeline([Node(len, "train", f"{name}.model", name="fit", namespace=name) for name in ("cnn", "mlp")])
RUN = {"runner": "<FamilyRunner>", "run_id": "now"}


class CountedPool:
    """A pool that starts nothing."""

    def __init__(self, session: Any, size: int, shares: Any) -> None:
        self.session, self.size, self.shares = session, size, shares
        self.is_terminated = False

    def terminate(self) -> None:
        self.is_terminated = True


def started(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    workers: int,
    run: dict[str, Any],
    *hooks: object,
    minutes: float | None = None,
) -> Any:
    """Return a hook before a run of two families."""
    configure()
    monkeypatch.setattr(module, "WorkerPool", CountedPool)
    manager = _create_hook_manager()
    for plugin in (*settings.HOOKS, *hooks):
        manager.register(plugin)
    loader: Any = type("Loader", (dict,), {"conf_source": "conf", "runtime_params": {"mlp": {"epochs": 1}}})()
    loader["parameters"] = {"run": {"workers": workers, "minutes": minutes}}
    hook = WorkersHook()
    context = {"config_loader": loader, "_hook_manager": manager, "_package_name": "sakon", "env": "test"}
    hook.after_context_created(SimpleNamespace(**context, project_path=folder))  # type: ignore[arg-type]
    datasets = {name: JSONDataset(filepath=str(folder / name)) for name in PIPELINE.datasets()}
    hook.before_pipeline_run(run, PIPELINE, DataCatalog(datasets))
    return hook


def test_more_workers_than_families_are_not_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "sakon"):
        pool = started(monkeypatch, tmp_path, 5, RUN).take_pool()
    assert pool.size == 2
    assert pool.session.parameters == {"mlp": {"epochs": 1}}
    assert caplog.messages == [
        "run.workers: expected at most the number of families of this run (2), found 5; 2 is used."
    ]


@pytest.mark.parametrize(("workers", "runner"), [(1, "<FamilyRunner>"), (2, "<SequentialRunner>")])
def test_one_worker_or_a_runner_of_kedro_needs_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, workers: int, runner: str
) -> None:
    assert started(monkeypatch, tmp_path, workers, RUN | {"runner": runner}).take_pool() is None


@pytest.mark.parametrize(("workers", "seconds"), [(1, 24.0), (2, 48.0)])
def test_families_share_the_minutes_of_the_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, workers: int, seconds: float
) -> None:
    for clock in ("sakon.workers.hook.now", "sakon.workers.time_budget.now"):
        monkeypatch.setattr(clock, lambda: 1000.0)
    hook = started(monkeypatch, tmp_path, workers, RUN, minutes=1.0)
    pool, shares = hook.take_pool(), hook.take_shares()
    assert shares.next_limit().seconds == pytest.approx(seconds)
    assert workers == 1 or pool.shares is shares
    assert hook.take_shares() is None


def test_minutes_under_a_runner_of_kedro_have_no_effect(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "sakon"):
        hook = started(monkeypatch, tmp_path, 1, RUN | {"runner": "<SequentialRunner>"}, minutes=1.0)
    assert hook.take_shares() is None
    assert "run.minutes has no effect" in caplog.text


def test_hooks_by_hand_keep_families_in_the_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "sakon"):
        assert started(monkeypatch, tmp_path, 2, RUN, SessionRecorder()).take_pool() is None
    assert "Families train one after another: this session has hooks of its own (SessionRecorder)" in caplog.text


def test_workers_that_nobody_has_taken_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hook = started(monkeypatch, tmp_path, 2, RUN)
    pool = hook._pool
    hook.stop()
    assert pool.is_terminated
    assert hook.take_pool() is None
