"""Figures of the family `diffusion`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sakon.families import family_of
from sakon.figures.generative import real_and_synthetic_scatter
from sakon.figures.images import image_grid
from sakon.lazy import go

FAMILY = family_of(__name__)
TITLE = f"{FAMILY}: denoising"


def denoising_images(signal: Sequence[float], samples: np.ndarray, labels: Sequence[str]) -> go.Figure:
    """Draw images at several denoising steps, a row per target.

    Args:
        signal: Fraction of the variance that is signal at each step, ᾱ.
        samples: (steps, targets, height, width, channels) in [0, 1].
        labels: Label of each target.
    """
    rows = list(np.swapaxes(samples, 0, 1))
    subtitle = "Each row is one sample. Percentages: fraction of the variance that is signal, not noise."
    return image_grid(rows, TITLE, subtitle, labels, [f"{fraction:.0%}" for fraction in signal])


def denoising_scatter(
    signal: Sequence[float], samples: np.ndarray, real: np.ndarray, names: Sequence[str]
) -> go.Figure:
    """Draw the first two features of samples at several denoising steps, on top of those of real data.

    Args:
        signal: Fraction of the variance that is signal at each step, ᾱ.
        samples: First one or two features of the samples, (steps, rows, 1 or 2).
        real: The same features of real data, (rows, 1 or 2).
        names: Names of the features.
    """
    titles = [f"{fraction:.0%} signal" for fraction in signal]
    subtitle = "First two inputs, as the network reads them."
    return real_and_synthetic_scatter(TITLE, subtitle, titles, samples, real, names)
