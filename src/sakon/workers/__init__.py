"""Processes that train families at the same time, as the main process sees them; `sakon.worker` is their program."""

from sakon.workers.config import RunConfig
from sakon.workers.hook import WorkersHook
from sakon.workers.jobs import FamilyJob, family_jobs
from sakon.workers.listener import MainProcessHook, WorkerListener
from sakon.workers.plugins import PluginListener
from sakon.workers.pool import WorkerPool

__all__ = [
    "FamilyJob", "MainProcessHook", "PluginListener", "RunConfig", "WorkerListener", "WorkerPool", "WorkersHook",
    "family_jobs",
]  # fmt: skip
