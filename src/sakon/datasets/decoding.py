"""Reads image files of any format, size and mode as arrays of one size and mode."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from pydantic import Field

from sakon.problem import Frozen

FORMATS: dict[str, tuple[str, ...]] = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "BMP": (".bmp",),
    "GIF": (".gif",),
    "WEBP": (".webp",),
    "TIFF": (".tif", ".tiff"),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
}
"""File formats that are read, by their name in Pillow, with their suffixes."""
SUFFIXES = frozenset(chain.from_iterable(FORMATS.values()))
MODES = {"grey": "L", "colour": "RGB"}
CHANNELS: dict[str, tuple[int, ...]] = {"grey": (), "colour": (3,)}
TIFF_BITS_PER_SAMPLE = 258
"""Number of a TIFF tag."""
MAX_REASON = 100

Side = Annotated[int, Field(ge=1)]
Intensity = Annotated[int, Field(ge=0, le=255)]


class ImageSpec(Frozen):
    """Size and mode of the arrays that images are read as.

    Attributes:
        size: Height and width, in pixels.
        mode: `grey` (one value per pixel, ITU-R BT.601 luma) or `colour` (red, green, blue).
        fit: How an image with another aspect ratio is resized: `pad` keeps the whole image and adds a border, `crop`
            cuts both sides equally, `stretch` distorts the image.
        background: Red, green and blue, 0 to 255, behind transparent pixels and in the border of `pad`.
    """

    size: tuple[Side, Side]
    mode: Literal["grey", "colour"] = "colour"
    fit: Literal["pad", "crop", "stretch"] = "pad"
    background: tuple[Intensity, Intensity, Intensity] = (255, 255, 255)

    @property
    def shape(self) -> tuple[int, ...]:
        """(height, width) for `grey`, (height, width, 3) for `colour`."""
        return (*self.size, *CHANNELS[self.mode])


def decode(path: Path, spec: ImageSpec) -> np.ndarray:
    """Read one image.

    The EXIF orientation is applied. Of several frames or pages, the first is read. Of 16 bits per value, the lower
    eight are dropped. The content determines the format, not the suffix; only `FORMATS` are tried.

    Args:
        path: The file.
        spec: Size and mode of the array.

    Returns:
        The image, `spec.shape`, uint8.

    Raises:
        Exception: Any error of Pillow's decoders; `describe_error` returns its reason.
    """
    with Image.open(path, formats=list(FORMATS)) as image:
        limit = Image.MAX_IMAGE_PIXELS  # above it, Pillow only warns; above twice the limit it raises
        if limit is not None and image.width * image.height > limit:
            raise Image.DecompressionBombError
        side = 2 * max(spec.size)
        image.draft(None, (side, side))  # decodes a JPEG at 1/2, 1/4 or 1/8 of its size
        image.load()
        _apply_exif_orientation(image)
        return np.asarray(_resize(_convert_mode(image, spec), spec))


def describe_error(error: Exception) -> str:
    """Return a short reason why an image could not be read."""
    if isinstance(error, Image.DecompressionBombError):
        return f"more than {Image.MAX_IMAGE_PIXELS:,} pixels, which may be a decompression bomb"
    if isinstance(error, UnidentifiedImageError):
        return f"not a {', '.join(FORMATS)} file"
    reason = getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
    return str(reason)[:MAX_REASON].rstrip(".")


def _apply_exif_orientation(image: Image.Image) -> None:
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except Exception:  # the pixels are valid even if the EXIF data are not
        return


def _convert_mode(image: Image.Image, spec: ImageSpec) -> Image.Image:
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) >> (_bits_per_sample(image) - 8)).astype(np.uint8))
    if image.format == "PPM" and image.mode == "I":  # Pillow scales more than 8 bits to 16
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise ValueError("32 bits per pixel, without a defined range from black to white: save it with 8 or 16 bits")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, (*spec.background, 255)), rgba)
    return image.convert(MODES[spec.mode])


def _bits_per_sample(image: Image.Image) -> int:
    """Return the bits per value of an image with more than eight; 16 unless a TIFF tag says otherwise."""
    return int(getattr(image, "tag_v2", {}).get(TIFF_BITS_PER_SAMPLE, (16,))[0])


def _resize(image: Image.Image, spec: ImageSpec) -> Image.Image:
    height, width = spec.size
    if spec.fit == "stretch":
        return image.resize((width, height), Image.Resampling.BICUBIC)
    if spec.fit == "crop":
        return ImageOps.fit(image, (width, height), Image.Resampling.BICUBIC)
    scale = min(height / image.height, width / image.width)
    inner_width, inner_height = max(1, round(scale * image.width)), max(1, round(scale * image.height))
    resized = image.resize((inner_width, inner_height), Image.Resampling.BICUBIC)
    canvas = Image.new("RGB", (width, height), spec.background).convert(image.mode)
    canvas.paste(resized, ((width - inner_width) // 2, (height - inner_height) // 2))
    return canvas
