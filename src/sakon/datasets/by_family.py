"""One file per family, for what is made of one family at a time but read of all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset

FAMILY_WILDCARD = "*"


class ByFamilyDataset(AbstractDataset[dict[str, Any], dict[str, Any]]):
    """Values by family, each in a file of its own: saving some leaves the others as they are.

    Args:
        dataset: Configuration of the dataset of one family; a star in its `filepath` stands for the family.
        metadata: Read by Kedro plug-ins and hooks.
    """

    optional = True

    def __init__(self, *, dataset: dict[str, Any], metadata: dict[str, Any] | None = None) -> None:
        self._dataset = dataset
        self.metadata = metadata
        self._pattern = Path(dataset["filepath"])

    def dataset_for(self, family: str) -> AbstractDataset[Any, Any]:
        """Return the dataset of one family."""
        path = str(self._pattern).replace(FAMILY_WILDCARD, family)
        return AbstractDataset.from_config(family, self._dataset | {"filepath": path})

    def load(self) -> dict[str, Any]:
        """Read what there is; empty where there is nothing."""
        return {family: self.dataset_for(family).load() for family in self._families()}

    def save(self, data: dict[str, Any]) -> None:
        """Write the values of some families."""
        for family, value in data.items():
            self.dataset_for(family).save(value)

    def _families(self) -> list[str]:
        """Return the families that have a file, in alphabetical order."""
        place = next(number for number, part in enumerate(self._pattern.parts) if FAMILY_WILDCARD in part)
        before, after = self._pattern.parts[place].split(FAMILY_WILDCARD)
        root = Path(*self._pattern.parts[:place])
        found = sorted(root.glob(self._pattern.parts[place])) if root.is_dir() else []
        names = [path.name.removeprefix(before).removesuffix(after) for path in found if path.name[0] != "."]
        return [name for name in names if self.dataset_for(name).exists()]

    def _exists(self) -> bool:
        return bool(self._families())

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._pattern)}
