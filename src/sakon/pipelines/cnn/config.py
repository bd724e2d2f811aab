"""Settings of the family `cnn`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sakon.training.config import TrainingConfig


class Config(TrainingConfig):
    """Settings of a convolutional network.

    Attributes:
        filters: Channels of each residual block; images are halved between blocks while they are
            larger than 4 by 4, sequences are dilated by 2 per block.
        kernel_size: Width of the convolutions.
        dropout: Share of channels' averages dropped before the head while training, in [0, 1).
        shift: Largest random shift of training images, as a fraction of their size.
        embedding: Width of the vector that every token of a text has.
    """

    filters: tuple[Annotated[int, Field(ge=1)], ...] = Field((32, 64), min_length=1)
    kernel_size: int = Field(3, ge=1)
    dropout: float = Field(0.3, ge=0, lt=1)
    shift: float = Field(0.1, ge=0, lt=0.5)
    embedding: int = Field(64, ge=1)
