"""One image file, of whatever format, size and mode, as an array of one declared form."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal

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
}
SUFFIXES = frozenset(chain.from_iterable(FORMATS.values()))
MODES = {"grey": "L", "colour": "RGB"}
CHANNELS: dict[str, tuple[int, ...]] = {"grey": (), "colour": (3,)}
BITS_PER_SAMPLE = 258  # tag of TIFF
LONGEST_REASON = 100

Side = Annotated[int, Field(ge=1)]
Level = Annotated[int, Field(ge=0, le=255)]


class Form(Frozen):
    """What every image becomes.

    Attributes:
        size: Height and width, in pixels.
        mode: `grey` (one value per pixel, ITU-R BT.601 luma) or `colour` (red, green, blue).
        fit: What happens to another ratio of height to width: `pad` keeps the whole image and fills the rest
            with the background, `crop` fills the size and cuts what stands out on both sides alike, `stretch`
            distorts.
        background: Red, green and blue of what shows through transparent pixels and of what `pad` adds, 0 to 255.
    """

    size: tuple[Side, Side]
    mode: Literal["grey", "colour"] = "colour"
    fit: Literal["pad", "crop", "stretch"] = "pad"
    background: tuple[Level, Level, Level] = (255, 255, 255)

    @property
    def shape(self) -> tuple[int, ...]:
        """(height, width) if grey, (height, width, 3) if in colour."""
        return (*self.size, *CHANNELS[self.mode])


def decode(path: Path, form: Form) -> np.ndarray:
    """Read one image.

    Turned as its EXIF orientation says; of several frames or pages the first; 16 bits become 8 by leaving
    out the lower ones. Content decides on the format, not the suffix, and no format but `FORMATS` is tried.

    Args:
        path: The file.
        form: What the image becomes.

    Returns:
        `form.shape`, uint8.

    Raises:
        Exception: Whatever Pillow's decoders stumble over; `reason_of` says it in words.
    """
    with Image.open(path, formats=list(FORMATS)) as image:
        limit = Image.MAX_IMAGE_PIXELS  # beyond it Pillow warns, and refuses from twice as many on
        if limit is not None and image.width * image.height > limit:
            raise Image.DecompressionBombError
        side = 2 * max(form.size)
        image.draft(None, (side, side))  # a JPEG decodes at a half, a quarter or an eighth of its size
        image.load()
        _turn_upright(image)
        return np.asarray(_fitted(_in_mode(image, form), form))


def reason_of(error: Exception) -> str:
    """Say in a few words why an image could not be read."""
    if isinstance(error, Image.DecompressionBombError):
        return f"more than {Image.MAX_IMAGE_PIXELS:,} pixels, which may be a decompression bomb"
    if isinstance(error, UnidentifiedImageError):
        return f"no {', '.join(FORMATS)}"
    words = getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
    return str(words)[:LONGEST_REASON].rstrip(".")


def _turn_upright(image: Image.Image) -> None:
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except Exception:  # EXIF that cannot be read says nothing about the pixels
        return


def _in_mode(image: Image.Image, form: Form) -> Image.Image:
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) >> (_bits(image) - 8)).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise ValueError("32 bits per pixel, of which nothing says what is black and white: save it with 8 or 16")
    if image.has_transparency_data:
        above = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", above.size, (*form.background, 255)), above)
    return image.convert(MODES[form.mode])


def _bits(image: Any) -> int:
    """Return the bits of a value of more than eight; TIFF knows twelve."""
    return int(getattr(image, "tag_v2", {}).get(BITS_PER_SAMPLE, (16,))[0])


def _fitted(image: Image.Image, form: Form) -> Image.Image:
    height, width = form.size
    if form.fit == "stretch":
        return image.resize((width, height), Image.Resampling.BICUBIC)
    if form.fit == "crop":
        return ImageOps.fit(image, (width, height), Image.Resampling.BICUBIC)
    scale = min(height / image.height, width / image.width)
    inner_width, inner_height = max(1, round(scale * image.width)), max(1, round(scale * image.height))
    inner = image.resize((inner_width, inner_height), Image.Resampling.BICUBIC)
    whole = Image.new("RGB", (width, height), form.background).convert(image.mode)
    whole.paste(inner, ((width - inner_width) // 2, (height - inner_height) // 2))
    return whole
