"""The family `gan`."""

from __future__ import annotations

from kedro.pipeline import Pipeline

from sakon.families import family_of
from sakon.families.generative import generative_nodes
from sakon.families.heads import train_on_synthetic
from sakon.families.spec import FamilySpec
from sakon.families.template import family_pipeline

from .config import Config
from .model import build

FAMILY = FamilySpec(
    name=family_of(__name__),
    config=Config,
    build=build,
    fit_head=train_on_synthetic,
    nodes=generative_nodes(),
    on_many_rows="fewer epochs",
)


def create_pipeline() -> Pipeline:
    """Return the pipeline of the family."""
    return family_pipeline(FAMILY)
