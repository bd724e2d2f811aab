"""Configuration of the family `mlp`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sakon.training.config import TrainingConfig


class Config(TrainingConfig):
    """Configuration of a dense network.

    Attributes:
        units: Width of each hidden layer, from input to output.
        dropout: Fraction of the activations that each hidden layer drops in training, in [0, 1).
    """

    units: tuple[Annotated[int, Field(ge=1)], ...] = Field((256, 128), min_length=1)
    dropout: float = Field(0.2, ge=0, lt=1)
    epochs: int = Field(60, ge=1)
