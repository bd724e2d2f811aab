"""Lists the images and classes of a folder, and checks them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sakon.datasets.decoding import SUFFIX_LIST, SUFFIXES
from sakon.datasets.image_layout import MAX_NAMES, ImageLayout, find_layout, quote_names
from sakon.wording import format_list

SYSTEM_FOLDERS = frozenset(
    ["__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information", "lost+found", "__pycache__"]
)
"""Folders that operating systems, storage devices and tools add; `__MACOSX` is in ZIP archives of macOS."""


@dataclass(frozen=True)
class ImageListing:
    """The images of a folder.

    Attributes:
        folder: The folder.
        files: Path of each image within the folder, with slashes, in order and thus grouped by folder.
        layout: Which of its subfolders are classes.
        empty_folders: Names of the subfolders without images.
        skipped: Number of files that are not read, by suffix or reason.
    """

    folder: Path
    files: list[str]
    layout: ImageLayout
    empty_folders: tuple[str, ...]
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
        if not by_class:
            return cls(folder, files, ImageLayout(), (), skipped)
        layout = find_layout(files)
        nonempty = {name for file in files for name in file.split("/")[:-1]}
        subfolders = [entry.name for entry in _entries(folder) if entry.is_dir() and not _is_hidden(entry)]
        empty_folders = tuple(name for name in subfolders if name not in nonempty)
        if layout.splits:
            unlabelled = [file for file in files if layout.label(file) is None]
            skipped["images in no class"] += len(unlabelled)
            files = [file for file in files if layout.label(file) is not None]
        return cls(folder, files, layout, empty_folders, +skipped)

    @property
    def has_classes(self) -> bool:
        """Whether subfolders are classes."""
        return bool(self.layout.roots)

    @property
    def labels(self) -> list[str]:
        """Class of each image; empty of an image that is in none, which is one of the errors."""
        return [self.layout.label(file) or "" for file in self.files]

    def errors(self) -> list[str]:
        """Return a message for every problem with the folder as a whole."""
        if not self.files:
            others = f", only {self.describe_skipped()}" if self.skipped else ""
            return [f"{self.folder}: expected images ({SUFFIX_LIST}), found none{others}; add some."]
        if self.layout.error:
            return [f"{self.folder}: {self.layout.error}"]
        if not self.has_classes:
            return []
        errors = []
        if stray := [file for file in self.files if self.layout.label(file) is None]:
            errors.append(
                f"{self.folder}: expected every image in the subfolder of its class, found {len(stray)} next to "
                f"the subfolders: {format_list(stray, MAX_NAMES)}; move them into one."
            )
        if self.empty_folders:
            names = quote_names(self.empty_folders)
            errors.append(
                f"{self.folder}: expected images in every subfolder, found none in {names}; add some or delete the "
                f"subfolder."
            )
        return errors

    def describe_skipped(self) -> str:
        """Return how many files are not read, in total and by suffix or reason."""
        total = self.skipped.total()
        by_suffix = [f"{count} {suffix}" for suffix, count in self.skipped.most_common()]
        return f"{total} other file{'s' if total > 1 else ''} ({format_list(by_suffix, MAX_NAMES)})"


def _images_below(folder: Path, skipped: Counter[str], parents: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """Yield the images of a folder and its subfolders in the order of their names; count other files."""
    resolved = folder.resolve()
    if resolved in parents:  # a link to a parent folder
        return
    for entry in _entries(folder):
        if entry.is_dir():
            if _is_hidden(entry):
                skipped["hidden"] += sum(each.is_file() for each in entry.rglob("*"))
            else:
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
    return entry.name.startswith(".") or entry.name in SYSTEM_FOLDERS
