"""The pipeline of the family `diffusion`."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.families import family_of
from sakon.families.generative import generative_nodes
from sakon.families.heads import train_on_synthetic
from sakon.families.template import family_pipeline

from .model import build
from .nodes import draw_denoising


def create_pipeline() -> Pipeline:
    """Return the pipeline: the template, an answer from samples, looks at samples and at denoising."""
    own = Node(draw_denoising, ["network", "train", "input_spec"], "denoising_figure", name="draw_denoising")
    return family_pipeline(family_of(__name__), build, [*generative_nodes(), own], answer=train_on_synthetic)
