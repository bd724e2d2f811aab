"""Settings of the family `vae`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sakon.training.config import TrainingConfig


class Config(TrainingConfig):
    """Settings of a variational autoencoder.

    Attributes:
        latent: Width of the latent code.
        filters: Channels of the convolutions, on images.
        units: Widths of the dense layers, elsewhere.
        likelihood: Of an input's values given the code: `bernoulli` for values in [0, 1], best when most
            are near an end of it, `gaussian` with one learnt variance; `auto` is the first for images,
            the second elsewhere.
        beta: Weight of the divergence from the prior; 1 is the bound itself.
        warm_up: Epochs over which that weight rises from 0.
        samples: Codes per example of the importance-weighted bound.
    """

    latent: int = Field(16, ge=1)
    filters: tuple[Annotated[int, Field(ge=1)], ...] = Field((32, 64), min_length=1)
    units: tuple[Annotated[int, Field(ge=1)], ...] = Field((256, 128), min_length=1)
    likelihood: Literal["auto", "bernoulli", "gaussian"] = "auto"
    beta: float = Field(1.0, ge=0)
    warm_up: int = Field(10, ge=0)
    samples: int = Field(50, ge=1)
    epochs: int = Field(80, ge=1)
    learning_rate: float = Field(3e-3, gt=0, le=1)
