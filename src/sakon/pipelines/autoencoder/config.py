"""Parameters of the family `autoencoder`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sakon.training.config import TrainingConfig


class Config(TrainingConfig):
    """Parameters of an autoencoder.

    Attributes:
        latent: Width of the bottleneck.
        filters: Images: channels of each convolution.
        units: Other kinds: units of each dense layer.
        noise: Standard deviation of the Gaussian noise added to the inputs during training.
        anomalous_share: Share of the validation examples with an anomaly score above the threshold.
    """

    latent: int = Field(32, ge=1)
    filters: tuple[Annotated[int, Field(ge=1)], ...] = Field((32, 64), min_length=1)
    units: tuple[Annotated[int, Field(ge=1)], ...] = Field((256, 128), min_length=1)
    noise: float = Field(0.2, ge=0)
    anomalous_share: float = Field(0.05, gt=0, lt=1)
    epochs: int = Field(50, ge=1)
    learning_rate: float = Field(3e-3, gt=0, le=1)
