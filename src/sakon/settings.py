"""Kedro's settings of the project."""

from sakon.config_loader import ProblemConfigLoader
from sakon.hooks.checkpoints import CheckpointsHook
from sakon.hooks.failures import FailuresHook
from sakon.hooks.keras_backend import KerasHook
from sakon.hooks.leftovers import LeftoversHook
from sakon.hooks.preflight import PreflightHook
from sakon.hooks.progress import ProgressHook
from sakon.hooks.summary import SummaryHook
from sakon.hooks.time_budget import TimeBudgetHook
from sakon.session import FamilySession
from sakon.tracking.hook import MlflowHook
from sakon.workers import WorkersHook

# The last hook is called first: errors are reported before workers start and before MLflow records anything.
HOOKS = (
    FailuresHook(), SummaryHook(), TimeBudgetHook(), CheckpointsHook(), MlflowHook(), LeftoversHook(), KerasHook(),
    WorkersHook(), PreflightHook(), ProgressHook(),
)  # fmt: skip
SESSION_CLASS = FamilySession
CONFIG_LOADER_CLASS = ProblemConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    "config_patterns": {"spark": ["spark*", "spark*/**"]},
    "merge_strategy": {"parameters": "soft", "spark": "soft"},
}
