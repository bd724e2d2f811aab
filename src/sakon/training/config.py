"""Training parameters that every Keras family has."""

from __future__ import annotations

from typing import Protocol

from pydantic import Field

from sakon.problem import Frozen


class TrainingConfig(Frozen):
    """Parameters of the shared `fit`; a family's `Config` extends it.

    Attributes:
        epochs: Maximum number of epochs.
        batch_size: Rows per step.
        learning_rate: Step size of AdamW.
        weight_decay: Decoupled weight decay (Loshchilov & Hutter 2019, arXiv 1711.05101).
        patience: Epochs without a lower `val_loss` after which training stops.
    """

    epochs: int = Field(50, ge=1)
    batch_size: int = Field(64, ge=1)
    learning_rate: float = Field(1e-3, gt=0, le=1)
    weight_decay: float = Field(1e-4, ge=0, le=1)
    patience: int = Field(12, ge=1)


class FitConfig(Protocol):
    """The fields of a family's configuration that `fit` uses.

    A protocol, because Kedro validates `params:<family>` against the one pydantic class that a node
    names, and that class is the family's own `Config`, named by its `build`.
    """

    @property
    def epochs(self) -> int:
        """Maximum number of epochs."""

    @property
    def batch_size(self) -> int:
        """Rows per step."""

    @property
    def patience(self) -> int:
        """Epochs without a lower `val_loss` after which training stops."""
