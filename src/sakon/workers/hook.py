"""A hook that starts the workers of a run before Keras is imported here, so that all import it together."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl

from sakon.training.time_limit import now
from sakon.workers.config import RunConfig
from sakon.workers.jobs import family_jobs
from sakon.workers.listener import MainProcessHook
from sakon.workers.messages import SessionDescription
from sakon.workers.plugins import hooks_of_session
from sakon.workers.pool import WorkerPool
from sakon.workers.time_budget import FamilyShares, TimeBudget

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.io import DataCatalog
    from kedro.pipeline import Pipeline

RUNNER = "FamilyRunner"
"""The runner that uses workers."""
LOGGER = logging.getLogger("sakon")


class WorkersHook(MainProcessHook):
    """Starts as many workers as the parameter `run.workers` says; none if there is only one family to train.

    With the parameter `run.minutes`, the time of the run begins here.
    """

    def __init__(self) -> None:
        self._pool: WorkerPool | None = None
        self._shares: FamilyShares | None = None

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Store the context."""
        self._context = context

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Start the workers."""
        self.stop()
        config = RunConfig.of(self._context)
        if RUNNER not in str(run_params.get("runner")):
            if config.minutes is not None:
                LOGGER.warning("run.minutes has no effect: the runner of this session is not the project's own.")
            return
        count = len(family_jobs(pipeline, catalog))
        if config.workers is not None and config.workers > count > 0:
            LOGGER.warning(
                "run.workers: expected at most the number of families of this run (%d), found %d; %d is used.",
                count, config.workers, count,
            )  # fmt: skip
        size = config.workers_for(count)
        if size > 1 and (own := hooks_of_session(self._context._hook_manager)):
            LOGGER.warning(
                "Families train one after another: this session has hooks of its own (%s), which cannot act in other "
                "processes; add them to HOOKS in settings.py.",
                ", ".join(sorted({type(hook).__name__ for hook in own})),
            )
            size = 1
        if config.minutes is not None:
            self._shares = FamilyShares(TimeBudget(config.minutes, now()), count, max(size, 1))
        if size > 1:
            self._pool = WorkerPool(self._describe_session(run_params), size, self._shares)

    def take_pool(self) -> WorkerPool | None:
        """Return the workers, which the caller stops; `None` if families train one after another."""
        pool, self._pool = self._pool, None
        return pool

    def take_shares(self) -> FamilyShares | None:
        """Return what gives every family its time; `None` if the run has no time budget."""
        shares, self._shares = self._shares, None
        return shares

    def stop(self) -> None:
        """Stop workers that nobody has taken: the run has ended before its first node."""
        self.take_shares()
        if pool := self.take_pool():
            pool.terminate()

    def _describe_session(self, run_params: dict[str, Any]) -> SessionDescription:
        context = self._context
        return SessionDescription(
            package=str(context._package_name),
            project=str(context.project_path),
            conf_source=str(context.config_loader.conf_source),
            env=context.env,
            parameters=dict(context.config_loader.runtime_params or {}),
            run_id=str(run_params["run_id"]),
            load_versions=dict(run_params.get("load_versions") or {}),
        )
