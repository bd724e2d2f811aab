"""The champion: the registered model version that is used for scoring."""

from __future__ import annotations

from dataclasses import dataclass

from sakon.models.bundle import ModelBundle


@dataclass(frozen=True)
class Champion:
    """The registered model version with the alias `champion`.

    Attributes:
        version: Version number in the registry.
        family: Family of the model.
        bundle: Preprocessor and model.
    """

    version: str
    family: str
    bundle: ModelBundle
