"""Prediction for more new records than fit into one machine's memory: Parquet to Parquet, by Arrow batches, on Spark.

The champion is sent to every executor once and loaded once per process; metrics are computed on the cluster. The
problem's kind must be a table or texts. Not part of a plain `kedro run`:

    kedro run --pipelines=distributed_scoring --params scoring.data=PATH
"""

from sakon.pipelines.distributed_scoring.pipeline import create_pipeline

__all__ = ["create_pipeline"]
