"""A table of any size becomes what models read: on Spark, row by row in its workers, the driver sees only samples.

kedro run --pipelines=distributed_preprocessing --params distributed.data=PATH
"""

from sakon.pipelines.distributed_preprocessing.pipeline import create_pipeline

__all__ = ["create_pipeline"]
