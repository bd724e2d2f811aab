"""Parameters of a run: the backend, how many families train at the same time, and how long the run may take."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext

CORES_PER_WORKER = 2
"""Cores for each process by default: a training uses more than one, see ARCHITECTURE.md."""


class RunConfig(BaseModel):
    """Parameters of a run.

    Attributes:
        backend: Library that Keras runs on; by default the first that is installed. The variable `KERAS_BACKEND` wins.
        workers: Families that train at the same time, each in a process of its own; by default one per two cores.
        minutes: Time that the run may take; by default as long as it takes. See `time_budget`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    backend: Literal["tensorflow", "jax", "torch"] | None = None
    workers: int | None = Field(None, ge=1)
    minutes: float | None = Field(None, gt=0, allow_inf_nan=False)

    @classmethod
    def of(cls, context: KedroContext) -> RunConfig:
        """Return the parameters of a run from the configuration of its session."""
        return cls.model_validate(context.config_loader["parameters"].get("run") or {})

    def workers_for(self, families: int) -> int:
        """Return the number of processes for a number of families, no more than these."""
        return min(self.workers or max(1, usable_cores() // CORES_PER_WORKER), families)


def usable_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
