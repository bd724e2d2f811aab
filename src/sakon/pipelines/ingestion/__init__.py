"""Ingestion: raw data of any kind become records, one typed and checked table.

kedro run --pipelines=ingestion
"""

from sakon.pipelines.ingestion.pipeline import create_pipeline

__all__ = ["create_pipeline"]
