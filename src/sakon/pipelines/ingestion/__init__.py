"""Raw data become records: one typed table, checked, whatever the kind.

kedro run --pipelines=ingestion
"""

from sakon.pipelines.ingestion.pipeline import create_pipeline

__all__ = ["create_pipeline"]
