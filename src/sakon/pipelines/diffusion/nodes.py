"""What is diffusion's own: samples on their way from noise."""

from __future__ import annotations

import numpy as np

from sakon.families.generative import rows_of_targets
from sakon.lazy import Network, go
from sakon.models.predict import flatten
from sakon.problem import Examples, InputSpec

from .figures import denoising_points, denoising_strip

STOPS = 9
POINTS = 256
SEED = 5


def draw_denoising(network: Network, train: Examples, input_spec: InputSpec) -> go.Figure:
    """Draw samples from pure noise to what they become.

    Args:
        network: A trained diffusion model.
        train: Gives targets, and for tables real examples to compare with.
        input_spec: Names classes and features.
    """
    if len(input_spec.shape) == 3:
        rows, labels = rows_of_targets(train.y, input_spec)
        kept, seen = network.strip(train.y[[row[len(row) // 2] for row in rows]], SEED, STOPS)
        return denoising_strip(kept, seen, labels)
    some = np.linspace(0, len(train) - 1, min(POINTS, len(train))).astype(int)
    kept, seen = network.strip(train.y[some], SEED, 6)
    first_two = seen.reshape(*seen.shape[:2], -1)[:, :, :2]
    return denoising_points(kept, first_two, flatten(train.x[some])[:, :2], input_spec.names[:2])
