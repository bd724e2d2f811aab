"""The project's runner: families train in worker processes, or one after another; each fails alone."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from kedro.runner import SequentialRunner

from sakon.concurrent_run import ConcurrentRun
from sakon.errors import ParameterError
from sakon.node_execution import NodeExecutor
from sakon.schedule import Schedule
from sakon.workers import WorkersHook

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline
    from kedro.runner import AbstractRunner
    from pluggy import PluginManager

    from sakon.training.time_limit import TimeLimit

LOGGER = logging.getLogger("sakon")
CONCURRENT_RUNNERS = ("ThreadRunner", "ParallelRunner")


class FamilyRunner(SequentialRunner):
    """Runs nodes one after another, and families in the workers that `WorkersHook` has started; see `NodeExecutor`.

    Args:
        is_async: An option of Kedro's runners; see `supported_runner`.
        limit: The time of the family that is run, where this process is a worker and the run has a time budget.
    """

    def __init__(self, is_async: bool = False, limit: TimeLimit | None = None) -> None:
        super().__init__(is_async)
        self._limit = limit

    def __str__(self) -> str:
        """Return the name by which kedro-viz recognizes a sequential runner."""
        return f"<kedro.runner.sequential_runner.SequentialRunner object; {type(self).__name__}>"

    def _run(
        self,
        pipeline: Pipeline,
        catalog: CatalogProtocol[Any, Any],
        hook_manager: PluginManager | None = None,
        run_id: str | None = None,
    ) -> None:
        executor = NodeExecutor(pipeline, catalog, hook_manager, run_id)
        plugins = hook_manager.get_plugins() if hook_manager is not None else ()
        hook = next((plugin for plugin in plugins if isinstance(plugin, WorkersHook)), None)
        pool = hook.take_pool() if hook is not None else None
        shares = hook.take_shares() if hook is not None else None
        if hook_manager is not None and pool is not None:
            with pool.closing():
                ConcurrentRun(pipeline, catalog, hook_manager, executor, pool, run_id).run()
            return
        schedule = Schedule(pipeline, catalog, shares is not None)
        while True:
            for job in schedule.take_jobs():
                executor.execute_family(job.nodes, shares.next_limit() if shares is not None else self._limit)
                schedule.finish(job.nodes)
            if (node := schedule.take_node()) is None:
                return
            executor.execute(node)
            schedule.finish([node])


def supported_runner(runner: AbstractRunner | None) -> AbstractRunner:
    """Return the runner of a session: `FamilyRunner` in place of Kedro's sequential one, which ends with an error.

    Raises:
        ParameterError: If the runner runs nodes at the same time.
    """
    if runner is None or type(runner) is SequentialRunner or getattr(runner, "_is_async", False):
        if getattr(runner, "_is_async", False):
            LOGGER.warning("Data are loaded and saved one after another: --async (is_async) has no effect here.")
        return FamilyRunner()
    check_runner(type(runner).__name__)
    return runner


def check_runner(name: str) -> None:
    """Check that a runner runs nodes one after another.

    Kedro's other runners leave out hooks, or let families share the random state of the process.

    Args:
        name: Name of its class, or the text of a runner that contains it.

    Raises:
        ParameterError: If it runs nodes at the same time.
    """
    if refused := next((each for each in CONCURRENT_RUNNERS if each in name), None):
        raise ParameterError(
            f"--runner {refused}: expected a runner that trains one family after another, found one that trains "
            f"several at once, which would change the results; leave the option out, and set run.workers."
        )
