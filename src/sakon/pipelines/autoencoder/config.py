"""Settings of the family `autoencoder`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sakon.training.config import TrainingConfig


class Config(TrainingConfig):
    """Settings of an autoencoder.

    Attributes:
        latent: Width of the bottleneck.
        filters: Channels of the convolutions, on images.
        units: Widths of the dense layers, elsewhere.
        noise: Standard deviation of the noise put on the input while training.
        anomalous_share: Share of validation that the threshold of the anomaly score leaves above it.
    """

    latent: int = Field(32, ge=1)
    filters: tuple[Annotated[int, Field(ge=1)], ...] = Field((32, 64), min_length=1)
    units: tuple[Annotated[int, Field(ge=1)], ...] = Field((256, 128), min_length=1)
    noise: float = Field(0.2, ge=0)
    anomalous_share: float = Field(0.05, gt=0, lt=1)
    epochs: int = Field(50, ge=1)
    learning_rate: float = Field(3e-3, gt=0, le=1)
