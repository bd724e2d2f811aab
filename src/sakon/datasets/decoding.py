"""Reads image files of any format, size and mode as arrays of one size and mode."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from pydantic import AfterValidator, Field

from sakon.datasets.image_levels import FLOAT_BITS, LUMA, apply_exif_orientation, blend, read_levels, stored_bits
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
"""The one list of what an image file is: it is read if its suffix, in any case, is one of these."""
SUFFIX_LIST = ", ".join(chain.from_iterable(FORMATS.values()))
"""The same for messages."""
MODES = {"grey": "L", "colour": "RGB"}
CHANNELS: dict[str, tuple[int, ...]] = {"grey": (), "colour": (3,)}
MAX_REASON = 100
MAX_INTEGER_BITS = 16
BYTE_WHITE = 255


def _check_bits(bits: int) -> int:
    if bits not in (*range(8, MAX_INTEGER_BITS + 1), FLOAT_BITS):
        raise ValueError(f"8 to {MAX_INTEGER_BITS}, or {FLOAT_BITS} for values as they are")
    return bits


Side = Annotated[int, Field(ge=1)]
Intensity = Annotated[int, Field(ge=0, le=255)]
Bits = Annotated[int, AfterValidator(_check_bits)]


class ImageSpec(Frozen):
    """Size and mode of the arrays that images are read as.

    Attributes:
        size: Height and width, in pixels.
        mode: `grey` (one value per pixel, ITU-R BT.601 luma) or `colour` (red, green, blue).
        fit: How an image with another aspect ratio is resized: `pad` keeps the whole image and adds a border, `crop`
            cuts both sides equally, `stretch` distorts the image.
        background: Red, green and blue, 0 to 255, behind transparent pixels and in the border of `pad`.
        bits: Bits per value. 8: of more, the lower bits are dropped. 9 to 16: levels of files with more than eight bits
            are kept, those of other files are scaled to so many bits. 32: values of files with more than eight bits are
            kept.
    """

    size: tuple[Side, Side]
    mode: Literal["grey", "colour"] = "colour"
    fit: Literal["pad", "crop", "stretch"] = "pad"
    background: tuple[Intensity, Intensity, Intensity] = (255, 255, 255)
    bits: Bits = 8

    @property
    def dtype(self) -> np.dtype:
        """Type of the values: uint8, uint16 or float32."""
        return np.dtype(np.uint8 if self.bits == 8 else np.uint16 if self.bits <= MAX_INTEGER_BITS else np.float32)

    @property
    def white(self) -> int | None:
        """Level of white, `None` if it is that of each file."""
        return (1 << self.bits) - 1 if self.bits <= MAX_INTEGER_BITS else None

    @property
    def shape(self) -> tuple[int, ...]:
        """(height, width) for `grey`, (height, width, 3) for `colour`."""
        return (*self.size, *CHANNELS[self.mode])


class DecodedImage(NamedTuple):
    """An image that was read.

    Attributes:
        values: `ImageSpec.shape`, `ImageSpec.dtype`.
        bits: Bits per value in the file.
    """

    values: np.ndarray
    bits: int


def decode(path: Path, spec: ImageSpec) -> np.ndarray:
    """Return the values of one image; see `read_image`."""
    return read_image(path, spec).values


def read_image(path: Path, spec: ImageSpec) -> DecodedImage:
    """Read one image.

    The EXIF orientation is applied. Of several frames or pages, the first is read. The content determines the format,
    not the suffix; only `FORMATS` are tried.

    Args:
        path: The file.
        spec: Size and mode of the array.

    Raises:
        Exception: Any error of Pillow's decoders; `describe_error` returns its reason.
    """
    with open_image(path) as image:
        bits = stored_bits(image)
        if spec.bits > 8:
            return DecodedImage(_decode_levels(path, image, spec), bits)
        side = 2 * max(spec.size)
        image.draft(None, (side, side))  # decodes a JPEG at 1/2, 1/4 or 1/8 of its size
        image.load()
        apply_exif_orientation(image)
        return DecodedImage(
            np.asarray(_pad(_scale(_convert_mode(image, spec, bits), spec), spec, spec.background)), bits
        )


def open_image(path: Path) -> Image.Image:
    """Open an image of one of `FORMATS` whose size is no danger."""
    image = Image.open(path, formats=list(FORMATS))
    limit = Image.MAX_IMAGE_PIXELS  # above it, Pillow only warns; above twice the limit it raises
    if limit is not None and image.width * image.height > limit:
        image.close()
        raise Image.DecompressionBombError
    return image


def describe_error(error: Exception) -> str:
    """Return a short reason why an image could not be read."""
    if isinstance(error, Image.DecompressionBombError):
        return f"more than {Image.MAX_IMAGE_PIXELS:,} pixels, which may be a decompression bomb"
    if isinstance(error, UnidentifiedImageError):
        return f"not a {', '.join(FORMATS)} file"
    reason = getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
    return str(reason)[:MAX_REASON].rstrip(".")


def _convert_mode(image: Image.Image, spec: ImageSpec, bits: int) -> Image.Image:
    """Return an image with eight bits per value in the mode of the specification."""
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) >> (bits - 8)).astype(np.uint8))
    if image.format == "PPM" and image.mode == "I":  # Pillow scales more than 8 bits to 16
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise ValueError("32 bits per pixel, without a defined range from black to white: set bits: 32 in catalog.yml")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, (*spec.background, 255)), rgba)
    return image.convert(MODES[spec.mode])


def _decode_levels(path: Path, image: Image.Image, spec: ImageSpec) -> np.ndarray:
    """Return an image with more than eight bits per value."""
    bits = stored_bits(image)
    if bits > MAX_INTEGER_BITS >= spec.bits:
        raise ValueError(f"{bits} bits per value, expected at most {MAX_INTEGER_BITS}: set bits: 32 in catalog.yml")
    if spec.white is None and bits <= 8:
        raise ValueError("8 bits per value among images without a defined white: save all with the same bits")
    if bits > 8:
        levels, white = read_levels(path, image)
    else:
        image.load()
        apply_exif_orientation(image)
        image = _convert_mode(image, spec, bits)
        levels, white = np.asarray(image, dtype=np.float32).reshape(image.height, image.width, -1), BYTE_WHITE
    if not np.isfinite(levels).all():
        raise ValueError("NaN or infinite values")
    scale = spec.white / white if spec.white is not None and white is not None else 1.0
    highest = spec.white if spec.white is not None else float(levels.max())
    background = np.array(spec.background, dtype=np.float32) * np.float32(highest / BYTE_WHITE)
    levels = levels * np.float32(scale)
    if levels.shape[2] == 4:
        levels = blend(levels, background)
    return _fit_levels(levels, background, spec)


def _fit_levels(levels: np.ndarray, background: np.ndarray, spec: ImageSpec) -> np.ndarray:
    """Return levels, (height, width, 1 or 3), with the channels, the size and the type of the specification."""
    backgrounds = [float(background @ LUMA)]
    if spec.mode == "colour":
        levels, backgrounds = np.broadcast_to(levels, (*levels.shape[:2], 3)), background.tolist()
    elif levels.shape[2] == 3:
        levels = (levels @ LUMA)[..., None]
    lowest, highest = levels.min(), levels.max()  # interpolation exceeds them at edges
    planes = []
    for channel, level in enumerate(backgrounds):
        plane = Image.fromarray(np.ascontiguousarray(levels[..., channel], dtype=np.float32))
        scaled = Image.fromarray(np.clip(np.asarray(_scale(plane, spec)), lowest, highest))
        planes.append(np.asarray(_pad(scaled, spec, level)))
    values = np.stack(planes, axis=-1).reshape(spec.shape)
    return (values if spec.white is None else np.rint(values)).astype(spec.dtype)


def _scale(image: Image.Image, spec: ImageSpec) -> Image.Image:
    """Return an image of the size of the specification, or, for `pad`, as large as fits into it."""
    height, width = spec.size
    if spec.fit == "stretch":
        return image.resize((width, height), Image.Resampling.BICUBIC)
    if spec.fit == "crop":
        return ImageOps.fit(image, (width, height), Image.Resampling.BICUBIC)
    scale = min(height / image.height, width / image.width)
    inner_width, inner_height = max(1, round(scale * image.width)), max(1, round(scale * image.height))
    return image.resize((inner_width, inner_height), Image.Resampling.BICUBIC)


def _pad(image: Image.Image, spec: ImageSpec, background: tuple[int, int, int] | float) -> Image.Image:
    """Return an image of the size of the specification, with the image in its middle."""
    height, width = spec.size
    if image.size == (width, height):
        return image
    canvas = (
        Image.new("RGB", (width, height), background).convert(image.mode)
        if isinstance(background, tuple)
        else Image.new(image.mode, (width, height), background)
    )
    canvas.paste(image, ((width - image.width) // 2, (height - image.height) // 2))
    return canvas
