"""Configuration of the family `som`."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from sakon.problem import Frozen


class Config(Frozen):
    """Configuration of a self-organizing map; the batch algorithm has no learning rate.

    Attributes:
        height: Rows of units. If `height` and `width` are left out, they are chosen from the data.
        width: Units per row.
        density: Units per √(train rows), if height and width are left out; 2,500 units at most. Vesanto & Alhoniemi
            2000 (doi 10.1109/72.846731) use 5; more units separate more groups.
        lattice: `rectangular` (eight neighbours) or `hexagonal` (six).
        toroidal: Whether opposite edges of the map are connected.
        start: Initial weights: a grid on the plane of the first two principal components (`pca`), or random examples
            of train (`sample`).
        neighbourhood: Weight of a neighbour by its distance: `gaussian`, or 1 within the radius (`bubble`).
        radius_start: Radius of the neighbourhood in the first epoch, in distances between neighbours. If left out, a
            quarter of the longer side of the map.
        radius_end: Radius in the last epoch.
        radius_schedule: Decay of the radius from the first to the last epoch.
        criterion: Error that is `loss`, which selects the epoch.
        epochs: Maximum number of epochs; the radius decays over all of them.
        batch_size: Rows per step. It affects speed, not the result: the distances of a batch to all units should fit
            into the cache of the processor.
        patience: Epochs without a lower `val_loss` after which training stops.
    """

    height: int | None = Field(None, ge=1)
    width: int | None = Field(None, ge=1)
    density: float = Field(20, gt=0, le=1000)
    lattice: Literal["rectangular", "hexagonal"] = "rectangular"
    toroidal: bool = False
    start: Literal["pca", "sample"] = "pca"
    neighbourhood: Literal["gaussian", "bubble"] = "gaussian"
    radius_start: float | None = Field(None, gt=0)
    radius_end: float = Field(0.6, gt=0)
    radius_schedule: Literal["exponential", "linear"] = "exponential"
    criterion: Literal["quantization_error", "topographic_error"] = "quantization_error"
    epochs: int = Field(50, ge=1)
    batch_size: int = Field(1024, ge=1)
    patience: int = Field(12, ge=1)

    @model_validator(mode="after")
    def _check_size(self) -> Self:
        if (self.height is None) != (self.width is None):
            raise ValueError("expected both height and width, or neither")
        if self.height is not None and self.width is not None:
            if self.height * self.width < 2:
                raise ValueError(f"expected at least two units, found {self.height} by {self.width}")
            if self.lattice == "hexagonal" and self.toroidal and self.height % 2:
                raise ValueError(f"expected an even height for a toroidal hexagonal map, found {self.height}")
        return self
