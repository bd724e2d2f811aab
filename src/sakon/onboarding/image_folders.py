"""Infers how a folder of images, with one subfolder per class, is read.

All images of a folder are read in one size: their own if they all have the same of at most 64 pixels per side,
otherwise that of the median image, reduced to at most 64 pixels per side. They are read in colour if any of those
examined has colours, and with more than eight bits per value if any of those examined has more. Which files are images,
and which folders are classes, is decided by the dataset that reads them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sakon.errors import DataError
from sakon.onboarding.raw_files import Argument, RawFile
from sakon.wording import format_list

if TYPE_CHECKING:
    from PIL.Image import Image

    from sakon.datasets.image_listing import ImageListing

MAX_SIDE = 64
MAX_IMAGES_EXAMINED = 300
MIN_IMAGES_PER_CLASS = 3
MIN_COLOUR_DIFFERENCE = 2
DEFAULT_TARGET = "label"
GREY_MODES = ("1", "L", "I", "F", "LA", "I;16", "I;16B", "I;16L")
EXIF_ORIENTATION = 0x0112
TURNED_ORIENTATIONS = (5, 6, 7, 8)
"""Values of the EXIF orientation with height and width exchanged."""


def configure_image_folder(raw_file: RawFile, target: str | None) -> str:
    """Set the arguments of the dataset that reads a folder of images.

    Args:
        raw_file: The folder.
        target: Name for the class, or `None`.

    Returns:
        The number of images and classes, in words.

    Raises:
        DataError: If there are too few classes, too few images of a class, or files that are not images.
    """
    from sakon.datasets.image_listing import ImageListing

    listing = ImageListing.read(raw_file.path, by_class=True)
    classes = _count_classes(listing)
    properties, errors = _examine(raw_file.path, listing.files)
    if errors := [*listing.errors(), *errors]:
        raise DataError(*errors)
    raw_file.arguments["size"] = _choose_size(properties.sizes)
    raw_file.arguments["mode"] = (
        Argument("colour", "some images have colours")
        if properties.has_colours
        else Argument("grey", "none of the images examined has colours")
    )
    if properties.has_deep_images:
        raw_file.arguments["bits"] = _choose_bits(raw_file.path, properties)
    names = "the subfolders of the splits" if listing.layout.splits else "the subfolders"
    raw_file.arguments["target"] = Argument(target or DEFAULT_TARGET, f"name for the classes, which are {names}")
    raw_file.notes += listing.layout.sentences()
    if listing.skipped:
        raw_file.notes.append(f"skipped {listing.describe_skipped()}")
    return f"{len(listing.files):,} images in {len(classes)} classes, which are {names}"


def _count_classes(listing: ImageListing) -> dict[str, int]:
    """Return the number of images of every class.

    Raises:
        DataError: If there are too few classes or images.
    """
    if not listing.files or not listing.has_classes:
        raise DataError(_too_few_classes(listing))
    classes = dict(sorted(Counter(label for label in listing.labels if label).items()))
    if listing.layout.error:
        raise DataError(*listing.errors())
    if len(classes) < 2:
        raise DataError(_too_few_classes(listing))
    too_few = [f"'{name}' ({count})" for name, count in classes.items() if count < MIN_IMAGES_PER_CLASS]
    if too_few:
        raise DataError(
            f"{listing.folder}: expected at least {MIN_IMAGES_PER_CLASS} images of every class, found fewer in "
            f"{', '.join(too_few)}; add images, or remove or merge those subfolders."
        )
    return classes


def _too_few_classes(listing: ImageListing) -> str:
    from sakon.datasets.decoding import SUFFIX_LIST

    names = sorted({label for label in listing.labels if label})
    number = f"only '{names[0]}'" if names else "none"
    outside = sum("/" not in file for file in listing.files)
    also = f", and {outside:,} images outside the subfolders" if outside else ""
    also += f", and {listing.describe_skipped()}" if listing.skipped else ""
    return (
        f"{listing.folder}: expected a folder of images ({SUFFIX_LIST}) with one subfolder for each of at least two "
        f"classes, found {number}{also}; put the images of each class into a subfolder with its name."
    )


@dataclass
class _ImageProperties:
    """What was measured in the images examined.

    Attributes:
        sizes: Height and width of each.
        has_colours: Whether any has colours.
        bits: Numbers of images by the bits per value that their files store.
        used_bits: Bits per value that the levels of those with 9 to 16 bits need.
    """

    sizes: list[tuple[int, int]] = field(default_factory=list)
    has_colours: bool = False
    bits: Counter[int] = field(default_factory=Counter)
    used_bits: int = 9

    @property
    def has_deep_images(self) -> bool:
        """Whether any has more than eight bits per value."""
        return any(bits > 8 for bits in self.bits)


def _examine(folder: Path, files: list[str]) -> tuple[_ImageProperties, list[str]]:
    """Measure some images, and return a message if some cannot be read."""
    from sakon.datasets.decoding import describe_error, open_image
    from sakon.datasets.image_layout import MAX_NAMES

    properties, unreadable = _ImageProperties(), []
    examined = files[:: max(1, len(files) // MAX_IMAGES_EXAMINED)]
    for file in examined:
        path = folder / file
        try:
            if path.stat().st_size == 0:
                raise ValueError("an empty file")
            with open_image(path) as image:
                _measure(path, image, properties)
        except Exception as error:  # decoders raise many types of errors on broken files
            unreadable.append(f"{file} ({describe_error(error)})")
    if not unreadable:
        return properties, []
    return properties, [
        f"{folder}: expected complete image files, found {len(unreadable)} of {len(examined)} examined that cannot be "
        f"read: {format_list(unreadable, MAX_NAMES)}; repair or delete them."
    ]


def _measure(path: Path, image: Image, properties: _ImageProperties) -> None:
    from sakon.datasets.decoding import MAX_INTEGER_BITS
    from sakon.datasets.image_levels import read_levels, stored_bits

    properties.sizes.append(_upright_size(image))
    bits = stored_bits(image)
    properties.bits[bits] += 1
    if 8 < bits <= MAX_INTEGER_BITS:
        highest = int(read_levels(path, image).values[..., :3].max())
        properties.used_bits = max(properties.used_bits, highest.bit_length())
    properties.has_colours = properties.has_colours or _has_colours(image)


def _upright_size(image: Image) -> tuple[int, int]:
    """Return height and width after the EXIF orientation was applied."""
    is_turned = image.getexif().get(EXIF_ORIENTATION, 1) in TURNED_ORIENTATIONS
    return (image.width, image.height) if is_turned else (image.height, image.width)


def _choose_bits(folder: Path, properties: _ImageProperties) -> Argument:
    """Return the bits per value with which no image examined loses levels.

    Raises:
        DataError: If some images have 32 bits per value and others eight, which have no white in common.
    """
    from sakon.datasets.decoding import MAX_INTEGER_BITS

    counts = properties.bits
    deep = sum(count for bits, count in counts.items() if bits > 8)
    shallow = counts.total() - deep
    if any(bits > MAX_INTEGER_BITS for bits in counts):
        if shallow:
            raise DataError(
                f"{folder}: expected images with one range of values, found {shallow} with 8 bits per value and "
                f"{deep} with more, some of 32 bits, whose white is not defined; save all with the same bits."
            )
        return Argument(32, "32 bits per value, read as they are; the range of train is scaled to 0 to 1")
    others = f", to which the {shallow} of 8 bits are scaled" if shallow else ""
    reason = f"the levels of the images of more than 8 bits use {properties.used_bits} bits per value{others}"
    return Argument(properties.used_bits, reason)


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
