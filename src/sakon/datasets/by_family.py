"""A dataset with one file per family."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset, DatasetError

from sakon.errors import sentences_of
from sakon.problem import Failure

FAMILY_WILDCARD = "*"
"""Stands for the family in a file path."""


class ByFamilyDataset(AbstractDataset[dict[str, Any], dict[str, Any]]):
    """Values by family, each in its own file; `save` leaves the files of other families unchanged.

    Args:
        dataset: Configuration of the dataset of one family, with `*` in place of the family in its `filepath`.
        contain_errors: Whether a file that cannot be read is a `Failure` in place of its value, instead of an error.
        metadata: Read by Kedro plug-ins and hooks.
    """

    optional = True

    def __init__(
        self, *, dataset: dict[str, Any], contain_errors: bool = False, metadata: dict[str, Any] | None = None
    ) -> None:
        self._dataset = dataset
        self._contain_errors = contain_errors
        self.metadata = metadata
        self._pattern = Path(dataset["filepath"])

    def dataset_for(self, family: str) -> AbstractDataset[Any, Any]:
        """Return the dataset of one family."""
        path = str(self._pattern).replace(FAMILY_WILDCARD, family)
        return AbstractDataset.from_config(family, self._dataset | {"filepath": path})

    def load(self) -> dict[str, Any]:
        """Return the values of all families that have a file."""
        return {family: self._load_one(family) for family in self._families()}

    def save(self, data: dict[str, Any]) -> None:
        """Write the value of each family in `data`."""
        for family, value in data.items():
            self.dataset_for(family).save(value)

    def _load_one(self, family: str) -> Any:
        try:
            return self.dataset_for(family).load()
        except DatasetError as error:
            if not self._contain_errors:
                raise
            return Failure(reason=" ".join(sentences_of(error)))

    def _families(self) -> list[str]:
        """Return the families that have a file, in alphabetical order."""
        parts = self._pattern.parts
        index = next(number for number, part in enumerate(parts) if FAMILY_WILDCARD in part)
        prefix, suffix = parts[index].split(FAMILY_WILDCARD)
        root = Path(*parts[:index])
        paths = sorted(root.glob(parts[index])) if root.is_dir() else []
        names = [path.name.removeprefix(prefix).removesuffix(suffix) for path in paths if path.name[0] != "."]
        return [name for name in names if self.dataset_for(name).exists()]

    def _exists(self) -> bool:
        return bool(self._families())

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._pattern)}
