"""Settings of the family `rnn`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sakon.training.config import TrainingConfig


class Config(TrainingConfig):
    """Settings of a recurrent network.

    Attributes:
        cell: What is repeated at every step.
        units: Width of each recurrent layer and direction.
        bidirectional: Read from both ends.
        layer_normalisation: Normalise what each recurrent layer passes on.
        dropout: Share of what each recurrent layer passes on that is dropped while training, in [0, 1).
        embedding: Width of the vector that every token of a text has.
    """

    cell: Literal["simple", "lstm", "gru"] = "gru"
    units: tuple[Annotated[int, Field(ge=1)], ...] = Field((64, 64), min_length=1)
    bidirectional: bool = True
    layer_normalisation: bool = True
    dropout: float = Field(0.2, ge=0, lt=1)
    embedding: int = Field(64, ge=1)
    epochs: int = Field(60, ge=1)
    learning_rate: float = Field(2e-3, gt=0, le=1)
