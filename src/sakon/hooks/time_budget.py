"""A hook that says which families a time budget has cut short or skipped."""

from __future__ import annotations

import logging
from typing import Any

from kedro.framework.hooks import hook_impl

from sakon.problem import Failure, TrainingSummary

LOGGER = logging.getLogger("sakon")


class TimeBudgetHook:
    """Logs a line for each family whose training was cut short, or that was skipped."""

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:
        """Log what was saved of a family that had too little time."""
        family, _, name = dataset_name.partition(".")
        if name == "training" and isinstance(data, TrainingSummary) and data.stopped_by:
            LOGGER.warning("Family %s: cut short after %s (%s).", family, data.stopped_after, data.stopped_by)
        elif isinstance(data, Failure) and data.is_skipped:
            LOGGER.warning("%s", data.reason)
