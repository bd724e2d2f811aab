"""Infers how a folder of images, with one subfolder per class, is read.

All images of a folder are read in one size: their own if they all have the same of at most 64 pixels per side,
otherwise that of the median image, reduced to at most 64 pixels per side. They are read in colour if any of those
examined has colours.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sakon.errors import DataError
from sakon.onboarding.raw_files import Argument, RawFile

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_SIDE = 64
MAX_IMAGES_EXAMINED = 300
MIN_IMAGES_PER_CLASS = 3
MIN_COLOUR_DIFFERENCE = 2
DEFAULT_TARGET = "label"
GREY_MODES = ("1", "L", "I", "F", "LA", "I;16")


def configure_image_folder(raw_file: RawFile, target: str | None) -> str:
    """Set the arguments of the dataset that reads a folder of images.

    Args:
        raw_file: The folder.
        target: Name for the class, or `None`.

    Returns:
        The number of images and subfolders, in words.

    Raises:
        DataError: If there are too few classes, too few images of a class, or files that are not images.
    """
    classes = _find_classes(raw_file.path)
    files = [file for files_of_class in classes.values() for file in files_of_class]
    sizes, has_colours = _examine(files)
    raw_file.arguments["size"] = _choose_size(sizes)
    raw_file.arguments["mode"] = (
        Argument("colour", "some images have colours")
        if has_colours
        else Argument("grey", "none of the images examined has colours")
    )
    raw_file.arguments["target"] = Argument(target or DEFAULT_TARGET, "name for the classes, which are the subfolders")
    return f"{len(files):,} images in {len(classes)} subfolders"


def _find_classes(folder: Path) -> dict[str, list[Path]]:
    """Return the images of every subfolder that has any."""
    from sakon.datasets.decoding import SUFFIXES

    subfolders = sorted(each for each in folder.iterdir() if each.is_dir() and not each.name.startswith("."))
    classes = {}
    for subfolder in subfolders:
        files = sorted(file for file in subfolder.rglob("*") if file.suffix.lower() in SUFFIXES)
        if files:
            classes[subfolder.name] = files
    if len(classes) < 2:
        outside = sum(each.suffix.lower() in SUFFIXES for each in folder.iterdir() if each.is_file())
        raise DataError(_too_few_classes(folder, list(classes), outside, sorted(SUFFIXES)))
    too_few = [f"'{name}' ({len(files)})" for name, files in classes.items() if len(files) < MIN_IMAGES_PER_CLASS]
    if too_few:
        raise DataError(
            f"{folder}: expected at least {MIN_IMAGES_PER_CLASS} images of every class, found fewer in "
            f"{', '.join(too_few)}; add images, or remove or merge those subfolders."
        )
    return classes


def _too_few_classes(folder: Path, classes: list[str], outside: int, suffixes: list[str]) -> str:
    number = f"only '{classes[0]}'" if classes else "none"
    also = f", and {outside:,} images outside the subfolders" if outside else ""
    return (
        f"{folder}: expected a folder of images with one subfolder for each of at least two classes, found {number}"
        f"{also}; put the images of each class into a subfolder with its name ({', '.join(suffixes)})."
    )


def _examine(files: list[Path]) -> tuple[list[tuple[int, int]], bool]:
    """Return height and width of some images, and whether any of them has colours."""
    from PIL import Image, UnidentifiedImageError

    sizes, has_colours, errors = [], False, []
    for file in files[:: max(1, len(files) // MAX_IMAGES_EXAMINED)]:
        try:
            with Image.open(file) as image:
                sizes.append((image.height, image.width))
                has_colours = has_colours or _has_colours(image)
        except (UnidentifiedImageError, OSError) as error:
            reason = "not an image" if isinstance(error, UnidentifiedImageError) else str(error)
            reason = reason if file.stat().st_size else "empty"
            errors.append(f"{file}: expected an image, found a file that could not be read ({reason}); remove it.")
    if errors:
        raise DataError(*errors)
    return sizes, has_colours


def _has_colours(image: Image) -> bool:
    if image.mode in GREY_MODES:
        return False
    small = image.convert("RGB")
    small.thumbnail((MAX_SIDE, MAX_SIDE))
    values = np.asarray(small, dtype=np.int16)
    return bool((values.max(axis=2) - values.min(axis=2)).mean() > MIN_COLOUR_DIFFERENCE)


def _choose_size(sizes: list[tuple[int, int]]) -> Argument:
    height, width = (int(np.median(side)) for side in zip(*sizes, strict=True))
    scale = min(1.0, MAX_SIDE / max(height, width))
    size = [max(1, round(height * scale)), max(1, round(width * scale))]
    different = len(set(sizes))
    origin = "all images examined have" if different == 1 else f"the median of {different} sizes is"
    reduced = f", reduced to at most {MAX_SIDE} pixels: larger images train longer" if scale < 1 else ""
    return Argument(size, f"height and width in pixels; {origin} {height} × {width}{reduced}")
