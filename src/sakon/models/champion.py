"""The registered model version that serves."""

from __future__ import annotations

from dataclasses import dataclass

from sakon.models.bundle import ModelBundle


@dataclass(frozen=True)
class Champion:
    """The registered model version with the alias `champion`.

    Attributes:
        version: Its version number.
        family: The family that trained it.
        bundle: Preprocessor and model.
    """

    version: str
    family: str
    bundle: ModelBundle
