"""A hook that removes what killed processes left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from kedro.framework.hooks import hook_impl

from sakon.atomic import remove_leftovers
from sakon.config_loader import problem_name
from sakon.workers import MainProcessHook

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.io import DataCatalog
    from kedro.pipeline import Pipeline

RAW_LAYER = "01_raw"
"""Layer of which only the problem's folder is examined: it may contain a million images."""


class LeftoversHook(MainProcessHook):
    """Removes temporary files of killed processes from the problem's folders before a run."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Store the folders of the problem's data."""
        self._data, self._problem = Path(context.project_path) / "data", problem_name(context.env)

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Remove leftovers beside the files of this run, and from all layers of the problem."""
        paths = (getattr(catalog.get(name), "_filepath", None) for name in pipeline.datasets())
        folders = {Path(path).parent for path in paths if path is not None}
        remove_leftovers(sorted({*folders, *self._layers()}))

    def _layers(self) -> Iterator[Path]:
        for folder in self._data.glob(f"*/{self._problem}"):
            yield folder
            if folder.parent.name != RAW_LAYER:
                yield from (path for path in folder.rglob("*") if path.is_dir() and path.name[0] != ".")
