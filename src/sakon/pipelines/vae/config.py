"""Parameters of the family `vae`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sakon.training.config import TrainingConfig


class Config(TrainingConfig):
    """Parameters of a variational autoencoder.

    Attributes:
        latent: Width of the latent code.
        filters: Images: channels of each convolution.
        units: Other kinds: units of each dense layer.
        likelihood: Distribution of the input values given the code: `gaussian`, with one learned variance;
            `bernoulli`, for values in [0, 1], which suits values near 0 or 1; or `auto`: `bernoulli` for images,
            `gaussian` for other kinds.
        beta: Weight of the divergence from the prior; 1 gives the evidence lower bound.
        warm_up: Epochs over which that weight rises from 0.
        samples: Codes per example for the importance-weighted bound.
    """

    latent: int = Field(16, ge=1)
    filters: tuple[Annotated[int, Field(ge=1)], ...] = Field((32, 64), min_length=1)
    units: tuple[Annotated[int, Field(ge=1)], ...] = Field((256, 128), min_length=1)
    likelihood: Literal["auto", "bernoulli", "gaussian"] = "gaussian"
    beta: float = Field(1.0, ge=0)
    warm_up: int = Field(10, ge=0)
    samples: int = Field(50, ge=1)
    epochs: int = Field(80, ge=1)
    learning_rate: float = Field(3e-3, gt=0, le=1)
