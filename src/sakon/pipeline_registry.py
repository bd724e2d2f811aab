"""The pipelines Kedro knows: every folder under `sakon.pipelines`."""

from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline

# These read what a plain run does not make, such as new records, or need a cluster: they run only when named.
ON_REQUEST = frozenset({"scoring", "distributed_preprocessing", "distributed_training", "distributed_scoring"})


def register_pipelines() -> dict[str, Pipeline]:
    """Return every pipeline by the name of its folder, and as `__default__` those of a plain run."""
    pipelines: dict[str, Pipeline] = find_pipelines(raise_errors=True)
    pipelines["__default__"] = sum(
        (pipeline for name, pipeline in pipelines.items() if name not in ON_REQUEST), Pipeline([])
    )
    return pipelines
