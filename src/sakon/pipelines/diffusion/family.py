"""The family `diffusion`."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.families import family_of
from sakon.families.generative import generative_nodes
from sakon.families.heads import train_on_synthetic
from sakon.families.spec import FamilySpec
from sakon.families.template import FIGURE, family_pipeline

from .config import Config
from .model import build
from .nodes import draw_denoising

FAMILY = FamilySpec(
    name=family_of(__name__),
    config=Config,
    build=build,
    fit_head=train_on_synthetic,
    nodes=(
        *generative_nodes(),
        Node(
            draw_denoising, ["network", "train", "input_spec"], "denoising_figure", name="draw_denoising", tags=FIGURE
        ),
    ),
    on_many_rows="fewer epochs",
)


def create_pipeline() -> Pipeline:
    """Return the pipeline of the family."""
    return family_pipeline(FAMILY)
