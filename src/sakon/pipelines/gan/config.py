"""Settings of the family `gan`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sakon.training.config import TrainingConfig

Width = Annotated[int, Field(ge=1)]


class Config(TrainingConfig):
    """Settings of a conditional Wasserstein GAN.

    Attributes:
        latent: Numbers of noise that a sample is made from.
        convolve_from: Shorter side from which on images are convolved; smaller ones are seen as a
            whole by dense layers, which is as good there and several times as quick.
        filters: Channels of the convolutions, by resolution from the finest; the last one serves all
            coarser.
        units: Width of the dense layers.
        critic_steps: Steps of the critic per step of the generator; they share a batch out.
        penalty: Weight of the gradient penalty.
        decay: Of the moving average of the generator's weights that samples are drawn with.
        weight_decay: Decoupled weight decay; the paper has none.
    """

    epochs: int = Field(110, ge=1)
    latent: int = Field(32, ge=1)
    convolve_from: int = Field(16, ge=1)
    filters: tuple[Width, ...] = Field((32, 64), min_length=1)
    units: tuple[Width, ...] = Field((256, 256), min_length=1)
    critic_steps: int = Field(3, ge=1)
    penalty: float = Field(10.0, ge=0)
    decay: float = Field(0.99, ge=0, lt=1)
    weight_decay: float = Field(0.0, ge=0, le=1)
    patience: int = Field(40, ge=1)
