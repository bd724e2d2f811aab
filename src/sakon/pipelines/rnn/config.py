"""Configuration of the family `rnn`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sakon.training.config import TrainingConfig


class Config(TrainingConfig):
    """Configuration of a recurrent network.

    Attributes:
        cell: Type of the recurrent layers.
        units: Units of each recurrent layer, per direction.
        bidirectional: Whether each recurrent layer reads the sequence in both directions.
        layer_normalisation: Whether a layer normalisation follows each recurrent layer.
        dropout: Fraction of the outputs that each recurrent layer drops in training, in [0, 1).
        embedding: Width of the embedding of a token.
    """

    cell: Literal["simple", "lstm", "gru"] = "gru"
    units: tuple[Annotated[int, Field(ge=1)], ...] = Field((64, 64), min_length=1)
    bidirectional: bool = True
    layer_normalisation: bool = True
    dropout: float = Field(0.2, ge=0, lt=1)
    embedding: int = Field(64, ge=1)
    epochs: int = Field(60, ge=1)
    learning_rate: float = Field(2e-3, gt=0, le=1)
