"""The champion answers more new records than one machine holds: Parquet to Parquet, by batches of Arrow, on Spark.

The champion is sent once per executor and loaded once per process; scores are summed on the cluster. The problem's own
kind must be a table or texts. No part of a plain `kedro run`:

    kedro run --pipelines=distributed_scoring --params scoring.data=PATH
"""

from sakon.pipelines.distributed_scoring.pipeline import create_pipeline

__all__ = ["create_pipeline"]
