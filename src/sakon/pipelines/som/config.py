"""Settings of the family `som`."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from sakon.problem import Frozen


class Config(Frozen):
    """Settings of a self-organizing map trained in batches: it has no learning rate.

    Attributes:
        height: Rows of units; with `width` left out, chosen from the data.
        width: Units in a row.
        density: Units per √(rows of train) where height and width are left out; Vesanto & Alhoniemi
            2000 (doi 10.1109/72.846731) use 5, more tell more apart.
        lattice: `rectangular` (eight neighbours) or `hexagonal` (six).
        toroidal: Whether the map has no edges.
        start: Initial weights: the plane of the first two principal components (`pca`), or examples
            drawn from train (`sample`).
        neighbourhood: How a unit's neighbours learn with it: `gaussian`, or all alike within the
            radius (`bubble`).
        radius_start: Radius of the neighbourhood in the first epoch, in distances between
            neighbours; a quarter of the map's longer side when left out.
        radius_end: Radius in the last epoch.
        radius_schedule: How the radius shrinks in between.
        criterion: What `loss` is, by which the epoch is chosen.
        epochs: Most passes over train; the radius is spread over them.
        batch_size: Rows per step: the map is the same, whatever it is; so many rows' distances to
            all units should fit into the processor's cache.
        patience: Epochs without a better `val_loss` after which training stops.
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
    def _size_is_whole(self) -> Self:
        if (self.height is None) != (self.width is None):
            raise ValueError("expected both height and width, or neither")
        if self.height is not None and self.width is not None:
            if self.height * self.width < 2:
                raise ValueError(f"expected at least two units, found {self.height} by {self.width}")
            if self.lattice == "hexagonal" and self.toroidal and self.height % 2:
                raise ValueError(f"expected an even height for a hexagonal map without edges, found {self.height}")
        return self
