"""Configuration of the family `mlp`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sakon.training.config import TrainingConfig


class Config(TrainingConfig):
    """Configuration of a dense network; the defaults are those of RealMLP-TD.

    Attributes:
        units: Width of each hidden layer, from input to output.
        dropout: Fraction of the activations that each hidden layer drops in training, in [0, 1); from the middle of
            the schedule on it falls to 0.
        embedding: Values by which each feature of a table is embedded, itself included; 1 for none.
        label_smoothing: Share of the target that all classes have alike in training, in [0, 1); not used for texts.
        epochs: Maximum number of epochs, at which the schedules end.
        learning_rate: Maximum step size; if left out, 0.04 for classes, 0.2 for numbers, 0.001 for texts.
        weight_decay: Decoupled decay of the kernels.
        patience: Epochs without a lower `val_loss` after which training stops; with schedules, twice the best epoch is
            added.
    """

    units: tuple[Annotated[int, Field(ge=1)], ...] = Field((256, 256, 256), min_length=1)
    dropout: float = Field(0.15, ge=0, lt=1)
    embedding: int = Field(4, ge=1)
    label_smoothing: float = Field(0.1, ge=0, lt=1)
    epochs: int = Field(256, ge=1)
    learning_rate: float | None = Field(None, gt=0, le=1)  # type: ignore[assignment]
    weight_decay: float = Field(0.02, ge=0, le=1)
    patience: int = Field(40, ge=1)
