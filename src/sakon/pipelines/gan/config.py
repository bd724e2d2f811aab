"""Parameters of the family `gan`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sakon.training.config import TrainingConfig

Width = Annotated[int, Field(ge=1)]


class Config(TrainingConfig):
    """Parameters of a conditional Wasserstein GAN.

    Attributes:
        latent: Width of the noise vector that a sample is generated from.
        convolve_from: Images with a shorter side of at least this many pixels are convolved; smaller ones are
            flattened for dense layers, which is as accurate for them and several times as fast.
        filters: Channels of the convolutions, from the finest resolution; the last value applies to all coarser ones.
        units: Units of each dense layer.
        critic_steps: Critic steps per generator step; each uses its share of the batch.
        penalty: Weight of the gradient penalty.
        decay: Decay of the moving average of the generator's weights, with which samples are generated.
        weight_decay: Decoupled weight decay; the paper uses none.
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
