"""Records become what models read: split first, then a preprocessor fitted on train alone.

kedro run --pipelines=preprocessing
"""

from sakon.pipelines.preprocessing.pipeline import create_pipeline

__all__ = ["create_pipeline"]
