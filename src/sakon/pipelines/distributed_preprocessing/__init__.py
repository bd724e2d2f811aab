"""Preprocessing of a table of any size on Spark: workers process the rows, the driver loads samples only.

kedro run --pipelines=distributed_preprocessing --params distributed.data=PATH
"""

from sakon.pipelines.distributed_preprocessing.pipeline import create_pipeline

__all__ = ["create_pipeline"]
