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


@dataclass(frozen=True)
class UnreadableChampion:
    """A champion that exists, or may exist, but that nothing can be compared with.

    It is not the same as no champion: a challenger must not replace it without a person's decision.

    Attributes:
        reason: Why it cannot be used: sentences.
        decide: What to do, as the end of a sentence.
        version: Version number in the registry; empty if unknown.
        family: Family of the model; empty if unknown.
    """

    reason: str
    decide: str
    version: str = ""
    family: str = ""

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"champion v{self.version}" if self.version else "the champion"
