"""What every Keras family lets its user set about training."""

from __future__ import annotations

from typing import Protocol

from pydantic import Field

from sakon.problem import Frozen


class TrainingConfig(Frozen):
    """Settings of the shared `fit`; a family's `Config` extends it.

    Attributes:
        epochs: Most passes over train.
        batch_size: Rows per step.
        learning_rate: Step size of AdamW.
        weight_decay: Decoupled weight decay (Loshchilov & Hutter 2019, arXiv 1711.05101).
        patience: Epochs without a better `val_loss` after which training stops.
    """

    epochs: int = Field(50, ge=1)
    batch_size: int = Field(64, ge=1)
    learning_rate: float = Field(1e-3, gt=0, le=1)
    weight_decay: float = Field(1e-4, ge=0, le=1)
    patience: int = Field(12, ge=1)


class FitConfig(Protocol):
    """What `fit` reads of a family's configuration.

    A protocol, because Kedro validates `params:<family>` against the one pydantic class that a node
    names, and that class is the family's own `Config`, named by its `build`.
    """

    @property
    def epochs(self) -> int:
        """Most passes over train."""

    @property
    def batch_size(self) -> int:
        """Rows per step."""

    @property
    def patience(self) -> int:
        """Epochs without a better `val_loss` after which training stops."""
