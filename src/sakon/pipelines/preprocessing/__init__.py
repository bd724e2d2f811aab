"""Preprocessing: split the records, fit the preprocessor on train, and transform all splits to arrays.

kedro run --pipelines=preprocessing
"""

from sakon.pipelines.preprocessing.pipeline import create_pipeline

__all__ = ["create_pipeline"]
