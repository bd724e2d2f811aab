"""Lists the images and classes of a folder, and checks them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sakon.datasets.decoding import FORMATS, SUFFIXES

MAX_NAMES = 5
MACOS_METADATA = "__MACOSX"
"""Folder that macOS adds to ZIP archives."""


@dataclass(frozen=True)
class ImageListing:
    """The images of a folder.

    Attributes:
        folder: The folder.
        files: Path of each image within the folder, with slashes, in order and thus grouped by class.
        classes: Names of the subfolders, in order; empty if subfolders are not classes.
        skipped: Number of files that are not images, by suffix.
    """

    folder: Path
    files: list[str]
    classes: tuple[str, ...]
    skipped: Counter[str]

    @classmethod
    def read(cls, folder: Path, by_class: bool) -> ImageListing:
        """List a folder that exists.

        Args:
            folder: Folder that is searched recursively.
            by_class: Whether its subfolders are classes.
        """
        skipped: Counter[str] = Counter()
        files = [path.relative_to(folder).as_posix() for path in _images_below(folder, skipped)]
        subfolders = [entry.name for entry in _entries(folder) if entry.is_dir() and not _is_hidden(entry)]
        return cls(folder, files, tuple(subfolders) if by_class else (), skipped)

    @property
    def labels(self) -> list[str]:
        """Class of each image: the name of its outermost subfolder."""
        return [file.split("/")[0] for file in self.files]

    def errors(self) -> list[str]:
        """Return a message for every problem with the folder as a whole."""
        if not self.files:
            others = f", only {self.describe_skipped()}" if self.skipped else ""
            return [f"{self.folder}: expected images ({', '.join(FORMATS)}), found none{others}; add some."]
        if not self.classes:
            return []
        errors = []
        if len(self.classes) == 1:
            errors.append(
                f"{self.folder}: expected a subfolder for each of at least two classes, found only "
                f"'{self.classes[0]}'; add another, or, if the classes are the subfolders of that one, set it as "
                f"filepath in catalog.yml."
            )
        if stray := [file for file in self.files if "/" not in file]:
            errors.append(
                f"{self.folder}: expected every image in the subfolder of its class, found {len(stray)} next to "
                f"the subfolders: {format_names(stray)}; move them into one."
            )
        nonempty = set(self.labels)
        if empty := [f"'{name}'" for name in self.classes if name not in nonempty]:
            errors.append(
                f"{self.folder}: expected images in every subfolder, found none in {format_names(empty)}; add some or "
                f"delete the subfolder."
            )
        return errors

    def describe_skipped(self) -> str:
        """Return how many files are not images, in total and by suffix."""
        total = self.skipped.total()
        by_suffix = [f"{count} {suffix}" for suffix, count in self.skipped.most_common()]
        return f"{total} other file{'s' if total > 1 else ''} ({format_names(by_suffix)})"


def format_names(names: Sequence[str]) -> str:
    """Return the first names, and the number of the others."""
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return ", ".join(names[:MAX_NAMES]) + more


def _images_below(folder: Path, skipped: Counter[str], parents: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """Yield the images of a folder and its subfolders in the order of their names; count other files."""
    resolved = folder.resolve()
    if resolved in parents:  # a link to a parent folder
        return
    for entry in _entries(folder):
        if entry.is_dir():
            if not _is_hidden(entry):
                yield from _images_below(entry, skipped, parents | {resolved})
        elif _is_hidden(entry):
            skipped["hidden"] += 1
        elif entry.suffix.lower() in SUFFIXES:
            yield entry
        else:
            skipped[entry.suffix.lower() or "without suffix"] += 1


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir(), key=lambda entry: entry.name)


def _is_hidden(entry: Path) -> bool:
    return entry.name.startswith(".") or entry.name == MACOS_METADATA
