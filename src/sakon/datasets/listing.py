"""Which files of a folder are images, which classes they have, and what is wrong with that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sakon.datasets.decoding import FORMATS, SUFFIXES

MOST_NAMED = 5
ARCHIVERS_LEFTOVER = "__MACOSX"


@dataclass(frozen=True)
class Listing:
    """The images of a folder.

    Attributes:
        folder: Where they are.
        files: Path of each image within the folder, with slashes, in order; of each class together.
        classes: Names of the subfolders, in order; none where these are no classes.
        skipped: Number of other files, by suffix.
    """

    folder: Path
    files: list[str]
    classes: tuple[str, ...]
    skipped: Counter[str]

    @classmethod
    def of(cls, folder: Path, by_class: bool) -> Listing:
        """List a folder that exists.

        Args:
            folder: Where to look, however deep.
            by_class: Whether its subfolders, if it has any, are classes.
        """
        skipped: Counter[str] = Counter()
        files = [path.relative_to(folder).as_posix() for path in _images_below(folder, skipped)]
        inner = [entry.name for entry in _entries(folder) if entry.is_dir() and not _is_hidden(entry)]
        return cls(folder, files, tuple(inner) if by_class else (), skipped)

    @property
    def labels(self) -> list[str]:
        """Name of the class of each image: the outermost subfolder it is in."""
        return [file.split("/")[0] for file in self.files]

    def faults(self) -> list[str]:
        """Return a sentence for every fault of the folder as a whole."""
        if not self.files:
            others = f", only {self.left_out()}" if self.skipped else ""
            return [f"{self.folder}: expected images ({', '.join(FORMATS)}), found none{others}; put some there."]
        if not self.classes:
            return []
        faults = []
        if len(self.classes) == 1:
            faults.append(
                f"{self.folder}: expected a subfolder for each of at least two classes, found only "
                f"'{self.classes[0]}'; add another, or, if the classes are the subfolders of that one, name it as "
                f"filepath in catalog.yml."
            )
        if stray := [file for file in self.files if "/" not in file]:
            faults.append(
                f"{self.folder}: expected every image in the subfolder of its class, found {len(stray)} beside the "
                f"subfolders: {first(stray)}; move them into one."
            )
        filled = set(self.labels)
        if empty := [f"'{name}'" for name in self.classes if name not in filled]:
            faults.append(
                f"{self.folder}: expected images in every class's subfolder, found none in {first(empty)}; add some or "
                f"remove the subfolder."
            )
        return faults

    def left_out(self) -> str:
        """Say how many files are no images, and of which sort."""
        number = self.skipped.total()
        sorts = [f"{count} {sort}" for sort, count in self.skipped.most_common()]
        return f"{number} file{'s' if number > 1 else ''} that {'are' if number > 1 else 'is'} none ({first(sorts)})"


def first(names: Sequence[str]) -> str:
    """Return the first few names, and how many more there are."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _images_below(folder: Path, skipped: Counter[str], above: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """Yield the images of a folder and of those below it, in the order of their names; count what is skipped."""
    real = folder.resolve()
    if real in above:  # a link back to a folder around it
        return
    for entry in _entries(folder):
        if entry.is_dir():
            if not _is_hidden(entry):
                yield from _images_below(entry, skipped, above | {real})
        elif _is_hidden(entry):
            skipped["hidden"] += 1
        elif entry.suffix.lower() in SUFFIXES:
            yield entry
        else:
            skipped[entry.suffix.lower() or "without suffix"] += 1


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir(), key=lambda entry: entry.name)


def _is_hidden(entry: Path) -> bool:
    return entry.name.startswith(".") or entry.name == ARCHIVERS_LEFTOVER
