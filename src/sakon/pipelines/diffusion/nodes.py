"""The figure of the denoising of samples."""

from __future__ import annotations

import numpy as np

from sakon.families.generative import group_by_target
from sakon.lazy import Network, go
from sakon.models.predict import flatten
from sakon.problem import Examples, InputSpec

from .figures import denoising_images, denoising_scatter

IMAGE_STEPS, SCATTER_STEPS = 9, 6
SCATTER_ROWS = 256
SEED = 5


def draw_denoising(network: Network, train: Examples, input_spec: InputSpec) -> go.Figure:
    """Draw samples at several steps from pure noise to the result.

    Args:
        network: Trained diffusion model.
        train: Train examples: targets of the samples and, for tables, real examples to compare with.
        input_spec: Names of classes and features.
    """
    if len(input_spec.shape) == 3:
        groups, labels = group_by_target(train.y, input_spec)
        targets = train.y[[group[len(group) // 2] for group in groups]]
        signal, samples = network.denoising_steps(targets, SEED, IMAGE_STEPS)
        return denoising_images(signal, samples, labels)
    chosen = np.linspace(0, len(train) - 1, min(SCATTER_ROWS, len(train))).astype(int)
    signal, samples = network.denoising_steps(train.y[chosen], SEED, SCATTER_STEPS)
    first_two = samples.reshape(*samples.shape[:2], -1)[:, :, :2]
    return denoising_scatter(signal, first_two, flatten(train.x[chosen])[:, :2], input_spec.names[:2])
