"""Parameters of the family `diffusion`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sakon.training.config import TrainingConfig

Width = Annotated[int, Field(ge=1)]


class Config(TrainingConfig):
    """Parameters of a conditional diffusion model.

    Attributes:
        noise_levels: Number of noise levels between the data and pure noise.
        sampling_steps: Steps from pure noise to a sample.
        guidance: Weight of classifier-free guidance; 0 samples from the learned distribution, larger values give
            samples that are more typical of their target and less diverse.
        unconditional: Fraction of train examples whose target is hidden, for guidance.
        convolve_from: Images with a shorter side of at least this many pixels are convolved; smaller ones are
            flattened for dense layers, which is as accurate for them and several times as fast.
        filters: Channels of the convolutions, from the finest resolution; the last value applies to all coarser ones.
        units: Units of the dense layers.
        blocks: Number of residual blocks of dense layers.
        decay: Decay of the moving average of the weights, with which samples are generated.
    """

    epochs: int = Field(200, ge=1)
    noise_levels: int = Field(1000, ge=2)
    sampling_steps: int = Field(25, ge=1)
    guidance: float = Field(0.0, ge=0)
    unconditional: float = Field(0.1, ge=0, lt=1)
    convolve_from: int = Field(16, ge=1)
    filters: tuple[Width, ...] = Field((16, 32), min_length=1)
    units: int = Field(256, ge=1)
    blocks: int = Field(2, ge=1)
    decay: float = Field(0.999, ge=0, lt=1)
    learning_rate: float = Field(2e-3, gt=0, le=1)
    patience: int = Field(30, ge=1)
