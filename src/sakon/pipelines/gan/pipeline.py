"""The pipeline of the family `gan`."""

from __future__ import annotations

from kedro.pipeline import Pipeline

from sakon.families import family_of
from sakon.families.generative import generative_nodes
from sakon.families.heads import train_on_synthetic
from sakon.families.template import family_pipeline

from .model import build


def create_pipeline() -> Pipeline:
    """Return the pipeline: the template, an answer from samples, and looks at the samples."""
    return family_pipeline(family_of(__name__), build, generative_nodes(), answer=train_on_synthetic)
