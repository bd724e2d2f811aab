"""Images with more than eight bits per value keep their levels."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sakon.datasets.decoding import ImageSpec, decode


def save(path: Path, image: Image.Image, **options: Any) -> Path:
    image.save(path, **options)
    return path


def decode_colour(path: Path, size: tuple[int, int] = (2, 2), **options: Any) -> np.ndarray:
    return decode(path, ImageSpec(size=size, **options))


def png_of_16_bits(levels: np.ndarray) -> bytes:
    """Return a PNG, grey (2 dimensions), RGB or RGBA: Pillow writes no colours of 16 bits."""
    height, width, *channels = levels.shape
    colour_type = {(): 0, (3,): 2, (4,): 6}[tuple(channels)]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in levels)

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    )


def tiff_of_16_bits(levels: np.ndarray, order: str, compressed: bool) -> bytes:
    """Return a TIFF in RGB with one strip."""
    height, width, channels = levels.shape
    pixels = levels.astype(f"{order}u2").tobytes()
    pixels = zlib.compress(pixels) if compressed else pixels
    bits_at = 8 + len(pixels)
    tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, channels, bits_at), (259, 3, 1, 8 if compressed else 1)]
    tags += [(262, 3, 1, 2), (273, 4, 1, 8), (277, 3, 1, channels), (278, 4, 1, height), (279, 4, 1, len(pixels))]
    entries = b""
    for tag, kind, count, value in tags:
        is_short = kind == 3 and count == 1
        entries += struct.pack(f"{order}HHI", tag, kind, count)
        entries += struct.pack(f"{order}HH" if is_short else f"{order}I", *([value, 0] if is_short else [value]))
    bits = struct.pack(f"{order}{channels}H", *[16] * channels)
    magic = b"II*\x00" if order == "<" else b"MM\x00*"
    offset = struct.pack(f"{order}I", bits_at + len(bits))
    return magic + offset + pixels + bits + struct.pack(f"{order}H", len(tags)) + entries + bytes(4)


TWELVE_BITS = np.random.default_rng(0).integers(0, 4096, (4, 6), dtype=np.uint16)
DEEP_COLOURS = np.random.default_rng(1).integers(0, 65_536, (4, 6, 3), dtype=np.uint16)


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("bits", [12, 16])
def test_levels_of_twelve_bits_in_sixteen_are_kept(tmp_path: Path, suffix: str, bits: int) -> None:
    path = save(tmp_path / f"a.{suffix}", Image.fromarray(TWELVE_BITS))
    array = decode_colour(path, (4, 6), mode="grey", bits=bits)
    np.testing.assert_array_equal(array, TWELVE_BITS)
    assert array.dtype == np.uint16
    colour = decode_colour(path, (4, 6), bits=bits)
    np.testing.assert_array_equal(colour, np.repeat(TWELVE_BITS[..., None], 3, axis=2))


@pytest.mark.parametrize(
    "content",
    [
        png_of_16_bits(DEEP_COLOURS),
        png_of_16_bits(np.dstack([DEEP_COLOURS, np.full((4, 6), 65_535)])),
        *(tiff_of_16_bits(DEEP_COLOURS, order, compressed) for order in "<>" for compressed in (False, True)),
    ],
)
def test_levels_of_deep_colours_are_kept(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.img").write_bytes(content)
    np.testing.assert_array_equal(decode_colour(tmp_path / "a.img", (4, 6), bits=16), DEEP_COLOURS)
    grey = decode_colour(tmp_path / "a.img", (4, 6), bits=16, mode="grey")
    np.testing.assert_allclose(grey, DEEP_COLOURS @ [0.299, 0.587, 0.114], atol=1)
    with Image.open(tmp_path / "a.img") as image:  # reading the lower bytes changes nothing for Pillow
        np.testing.assert_array_equal(np.asarray(image)[..., :3], DEEP_COLOURS >> 8)


def test_deep_transparent_pixels_show_the_background(tmp_path: Path) -> None:
    levels = np.dstack([DEEP_COLOURS, np.zeros((4, 6))])
    (tmp_path / "a.png").write_bytes(png_of_16_bits(levels))
    array = decode_colour(tmp_path / "a.png", (4, 6), bits=12, background=(255, 0, 51))
    assert (array == (4095, 0, 819)).all()


def test_eight_bits_are_scaled_to_more(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", Image.fromarray(np.array([[0, 51, 255]], dtype=np.uint8)))
    np.testing.assert_array_equal(decode_colour(path, (1, 3), mode="grey", bits=12), [[0, 819, 4095]])
    colour = save(tmp_path / "b.png", Image.new("RGB", (2, 2), (255, 0, 51)))
    assert (decode_colour(colour, bits=12) == (4095, 0, 819)).all()


@pytest.mark.parametrize("fit", ["pad", "crop", "stretch"])
def test_resized_levels_stay_within_their_range(tmp_path: Path, fit: str) -> None:
    levels = np.where(np.random.default_rng(2).random((40, 20)) < 0.5, 1000, 4000).astype(np.uint16)
    path = save(tmp_path / "a.png", Image.fromarray(levels))
    array = decode_colour(path, (16, 16), mode="grey", bits=12, fit=fit, background=(51, 51, 51))
    inside = array[:, 4:12] if fit == "pad" else array
    assert inside.min() >= 1000
    assert inside.max() <= 4000
    assert (array[:, [0, -1]] == 819).all() == (fit == "pad")


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_values_of_32_bits_are_kept(tmp_path: Path, dtype: type) -> None:
    values = np.array([[-3.0, 70_000, 0.25]]).astype(dtype)
    path = save(tmp_path / "a.tif", Image.fromarray(values))
    array = decode_colour(path, (1, 3), mode="grey", bits=32)
    np.testing.assert_array_equal(array, values)
    assert array.dtype == np.float32


def test_ranges_without_a_common_white_raise(tmp_path: Path) -> None:
    path = save(tmp_path / "a.tif", Image.fromarray(np.ones((2, 2), np.float32)))
    with pytest.raises(ValueError, match="32 bits per value, expected at most 16"):
        decode_colour(path, bits=16)
    with pytest.raises(ValueError, match="8 bits per value among images without a defined white"):
        decode_colour(save(tmp_path / "a.png", Image.new("L", (2, 2))), bits=32)
    path = save(tmp_path / "b.tif", Image.fromarray(np.full((2, 2), np.nan, np.float32)))
    with pytest.raises(ValueError, match="NaN or infinite values"):
        decode_colour(path, bits=32)
    (tmp_path / "c.ppm").write_bytes(b"P6 1 1 4095\n" + bytes(6))
    with pytest.raises(ValueError, match="in a form that is not read: save it as PNG"):
        decode_colour(tmp_path / "c.ppm", bits=16)


def test_exif_orientation_is_applied_to_deep_images(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = save(tmp_path / "a.png", Image.fromarray(np.rot90(TWELVE_BITS).copy()), exif=exif)
    np.testing.assert_array_equal(decode_colour(path, (4, 6), mode="grey", bits=12), TWELVE_BITS)
