"""Settings of the family `diffusion`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sakon.training.config import TrainingConfig

Width = Annotated[int, Field(ge=1)]


class Config(TrainingConfig):
    """Settings of a conditional diffusion model.

    Attributes:
        noise_levels: Levels of noise between the data and pure noise.
        sampling_steps: Steps from pure noise to a sample.
        guidance: How much samples are driven towards their target; 0 draws from the learnt
            distribution, more makes them more typical and less diverse.
        unconditional: Share of training examples whose target is hidden, which guidance needs.
        convolve_from: Shorter side from which on images are convolved; smaller ones are seen as a
            whole by dense layers, which is as good there and several times as quick.
        filters: Channels of the convolutions, by resolution from the finest; the last one serves all
            coarser.
        units: Width of the dense layers.
        blocks: Residual blocks of dense layers.
        decay: Of the moving average of the weights that samples are drawn with.
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
