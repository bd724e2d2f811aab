"""Configuration of the family `cnn`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sakon.training.config import TrainingConfig


class Config(TrainingConfig):
    """Configuration of a convolutional network.

    Attributes:
        filters: Channels of each residual block. Images larger than 4 by 4 are halved after each block; on sequences
            the dilation doubles with each block.
        kernel_size: Width of the convolutions.
        dropout: Fraction of the features dropped before the output layer in training, in [0, 1).
        shift: Maximum random shift of train images, as a fraction of their size.
        embedding: Width of the embedding of a token.
    """

    filters: tuple[Annotated[int, Field(ge=1)], ...] = Field((32, 64), min_length=1)
    kernel_size: int = Field(3, ge=1)
    dropout: float = Field(0.3, ge=0, lt=1)
    shift: float = Field(0.1, ge=0, lt=0.5)
    embedding: int = Field(64, ge=1)
    epochs: int = Field(60, ge=1)
