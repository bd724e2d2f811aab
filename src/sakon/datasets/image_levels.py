"""Levels of images with more than eight bits per value, which Pillow's usual modes would reduce to eight."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageOps

CONTAINER_BITS = 16
FLOAT_BITS = 32
TIFF_BITS_PER_SAMPLE = 258
"""Number of a TIFF tag."""
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""Weights of red, green and blue in grey, ITU-R BT.601."""
DEEP_RAW_MODE = re.compile(r"(RGBA?);16([BLN])")
OTHER_BYTE = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
"""Byte order by which Pillow takes the lower byte of a value instead of the upper one."""


class Levels(NamedTuple):
    """Values of an image.

    Attributes:
        values: (height, width, channels), float32; 1 channel of grey, 3 of colour, or 4 with transparency.
        white: Level of white, `None` if the file does not say it: 16 bits may hold a camera's 12.
    """

    values: np.ndarray
    white: int | None


def stored_bits(image: Image.Image) -> int:
    """Return the bits per value of an image that was opened but not loaded: 8 (or fewer), 9 to 16, or 32."""
    if image.mode.startswith("I;16"):
        return int(getattr(image, "tag_v2", {}).get(TIFF_BITS_PER_SAMPLE, (CONTAINER_BITS,))[0])
    if image.mode in ("I", "F"):
        return CONTAINER_BITS if image.format == "PPM" and image.mode == "I" else FLOAT_BITS
    return CONTAINER_BITS if ";16" in _raw_mode(image) or _ppm_maximum(image) > 255 else 8


def read_levels(path: Path, image: Image.Image) -> Levels:
    """Read the levels of an image with more than eight bits per value; the EXIF orientation is applied.

    Args:
        path: The file.
        image: The image, opened but not loaded.

    Raises:
        ValueError: If Pillow cannot read them.
    """
    bits = stored_bits(image)
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        image.load()
        apply_exif_orientation(image)
        is_scaled = bits < CONTAINER_BITS or image.format == "PPM"  # Pillow scales a PPM's maximum to 65,535
        return Levels(np.asarray(image).astype(np.float32)[..., None], (1 << bits) - 1 if is_scaled else None)
    if not DEEP_RAW_MODE.fullmatch(_raw_mode(image)):
        raise ValueError(f"{bits} bits per value in a form that is not read: save it as PNG, grey or RGB")
    with Image.open(path) as lower:
        lower.tile = [tile._replace(args=_lower_byte(tile.args)) for tile in lower.tile]
        for each in (image, lower):
            each.load()
            apply_exif_orientation(each)
        return Levels(np.asarray(image).astype(np.float32) * 256 + np.asarray(lower), None)


def blend(levels: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Blend transparent pixels with a background, (height, width, 3)."""
    alpha = levels[..., 3:] / ((1 << CONTAINER_BITS) - 1)
    return np.asarray(levels[..., :3] * alpha + background * (1 - alpha), dtype=np.float32)


def apply_exif_orientation(image: Image.Image) -> None:
    """Turn an image upright."""
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except Exception:  # the pixels are valid even if the EXIF data are not
        return


def _raw_mode(image: Image.Image) -> str:
    """Return how Pillow unpacks the values of a file."""
    tiles = getattr(image, "tile", ())
    arguments = tiles[0].args if tiles else ""
    name = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
    return name if isinstance(name, str) else ""


def _ppm_maximum(image: Image.Image) -> int:
    tiles = getattr(image, "tile", ())
    if image.format != "PPM" or not tiles or not isinstance(tiles[0].args, tuple):
        return 0
    return max((each for each in tiles[0].args if isinstance(each, int)), default=0)


def _lower_byte(arguments: Any) -> Any:
    """Return how Pillow unpacks the lower bytes of a file."""
    if isinstance(arguments, tuple):
        return (_lower_byte(arguments[0]), *arguments[1:])
    return DEEP_RAW_MODE.sub(lambda match: f"{match[1]};16{OTHER_BYTE[match[2]]}", str(arguments))
