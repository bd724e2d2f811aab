"""Figures of the diffusion model's own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sakon.families import family_of
from sakon.figures.generative import real_and_synthetic_scatter
from sakon.figures.images import image_grid
from sakon.lazy import go

FAMILY = family_of(__name__)
TITLE = f"{FAMILY}: from noise to samples"


def denoising_strip(kept: Sequence[float], seen: np.ndarray, labels: Sequence[str]) -> go.Figure:
    """Draw images on their way from noise, a row for each target.

    Args:
        kept: Share of the signal's variance at each look, ᾱ.
        seen: (looks, targets, height, width, channels) in [0, 1].
        labels: Name of each target.
    """
    rows = list(np.swapaxes(seen, 0, 1))
    subtitle = "Each row is one sample; above it, the share of its variance that is signal, not noise."
    return image_grid(rows, TITLE, subtitle, labels, [f"{share:.0%}" for share in kept])


def denoising_points(kept: Sequence[float], seen: np.ndarray, real: np.ndarray, names: Sequence[str]) -> go.Figure:
    """Draw the first two features of samples on their way from noise, over those of the data.

    Args:
        kept: Share of the signal's variance at each look, ᾱ.
        seen: (looks, rows, 1 or 2).
        real: (rows, 1 or 2).
        names: Of the features.
    """
    titles = [f"{share:.0%} signal" for share in kept]
    return real_and_synthetic_scatter(TITLE, "First two inputs as the network reads them.", titles, seen, real, names)
