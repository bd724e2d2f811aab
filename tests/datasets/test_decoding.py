"""Images of any format, size and mode are read with the size and mode of an `ImageSpec`, in their colours."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from sakon.datasets.decoding import ImageSpec, decode

MODES = ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16"]
SUFFIXES = {mode: ["tif"] for mode in MODES} | {
    "1": ["png", "tif", "bmp", "pbm"],
    "L": ["png", "jpg", "bmp", "gif", "webp", "tif", "pgm"],
    "LA": ["png", "tif"],
    "P": ["png", "gif", "tif", "bmp"],
    "RGB": ["png", "bmp", "tif", "ppm"],
    "RGBA": ["png", "webp", "tif"],
    "I;16": ["png", "tif"],
}
SIDES = st.integers(1, 40)
LEVELS = st.integers(0, 255)
SPECS = st.builds(
    ImageSpec,
    size=st.tuples(SIDES, SIDES),
    mode=st.sampled_from(["grey", "colour"]),
    fit=st.sampled_from(["pad", "crop", "stretch"]),
    background=st.tuples(LEVELS, LEVELS, LEVELS),
)
# Every example writes its own file.
EXAMPLES = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def save(path: Path, image: Image.Image, **options: Any) -> Path:
    image.save(path, **options)
    return path


def decode_colour(path: Path, size: tuple[int, int] = (2, 2), **options: Any) -> np.ndarray:
    return decode(path, ImageSpec(size=size, **options))


@EXAMPLES
@given(st.data(), SPECS)
def test_array_has_the_shape_of_the_spec(tmp_path: Path, data: st.DataObject, spec: ImageSpec) -> None:
    mode = data.draw(st.sampled_from(MODES))
    width, height = data.draw(st.tuples(st.integers(1, 300), st.integers(1, 300)))
    shape = (height, width) if mode == "I;16" else (height, width, 3)
    noise = np.random.default_rng(0).integers(256, size=shape)
    image = Image.fromarray(noise.astype(np.uint16 if mode == "I;16" else np.uint8))
    path = tmp_path / f"a.{data.draw(st.sampled_from(SUFFIXES[mode]))}"
    array = decode(save(path, image if mode == "I;16" else image.convert(mode)), spec)
    assert array.shape == spec.shape == (*spec.size, 3)[: 2 + (spec.mode == "colour")]
    assert array.dtype == np.uint8


@EXAMPLES
@given(
    st.tuples(st.integers(1, 300), st.integers(1, 300)),
    st.tuples(LEVELS, LEVELS, LEVELS),
    st.tuples(SIDES, SIDES),
    st.sampled_from(["crop", "stretch"]),
    st.sampled_from(["png", "bmp", "tif"]),
)
def test_a_constant_colour_is_preserved(
    tmp_path: Path,
    image_size: tuple[int, int],
    level: tuple[int, int, int],
    size: tuple[int, int],
    fit: str,
    suffix: str,
) -> None:
    path = save(tmp_path / f"a.{suffix}", Image.new("RGB", image_size, level))
    np.testing.assert_array_equal(decode_colour(path, size, fit=fit), np.broadcast_to(level, (*size, 3)))


@EXAMPLES
@given(st.tuples(SIDES, SIDES), LEVELS, st.tuples(SIDES, SIDES))
def test_padding_preserves_the_colour_and_adds_background(
    tmp_path: Path, image_size: tuple[int, int], level: int, size: tuple[int, int]
) -> None:
    path = save(tmp_path / "a.png", Image.new("L", image_size, level))
    array = decode_colour(path, size, mode="grey", background=(7, 7, 7))
    assert set(np.unique(array)) <= {level, 7}
    assert level in array
    middle = np.argwhere(array == level).mean(axis=0) if level != 7 else (np.array(size) - 1) / 2
    np.testing.assert_allclose(middle, (np.array(size) - 1) / 2, atol=0.5)


def test_fits_differ_for_another_aspect_ratio(tmp_path: Path) -> None:
    half = np.zeros((4, 8), dtype=np.uint8)
    half[:, 6:] = 200
    path = save(tmp_path / "a.png", Image.fromarray(half))
    stretched, cropped, padded = (
        decode_colour(path, (4, 4), mode="grey", fit=fit) for fit in ("stretch", "crop", "pad")
    )
    assert stretched[0, -1] > 150
    assert cropped.max() == 0
    assert (padded[[0, -1]] == 255).all()
    assert (padded[1:3, 0] == 0).all()


def test_exif_orientation_is_applied(tmp_path: Path) -> None:
    upright = np.zeros((8, 8), dtype=np.uint8)
    upright[:4, :4] = 255
    turned = Image.fromarray(np.rot90(upright))  # orientation 6: rotate by 270 degrees
    exif = Image.Exif()
    exif[0x0112] = 6
    for suffix in ("png", "tif", "webp"):
        options = {"lossless": True} if suffix == "webp" else {}
        path = save(tmp_path / f"a.{suffix}", turned, exif=exif, **options)
        np.testing.assert_array_equal(decode_colour(path, (8, 8), mode="grey"), upright)


def test_invalid_exif_data_are_ignored(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg", Image.new("L", (8, 8), 90), exif=b"Exif\x00\x00no such thing")
    assert (decode_colour(path) == 90).all()


@pytest.mark.parametrize(("background", "expected"), [((255, 0, 0), (255, 0, 0)), ((10, 20, 30), (10, 20, 30))])
@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_pixels_show_the_background(tmp_path: Path, mode: str, background: Any, expected: Any) -> None:
    transparent = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    if mode == "P":
        path = save(tmp_path / "a.png", Image.new("P", (4, 4), 0), transparency=0)
    else:
        path = save(tmp_path / "a.png", transparent.convert(mode))
    assert (decode_colour(path, background=background) == expected).all()


def test_half_transparent_pixels_blend_with_the_background(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", Image.new("RGBA", (4, 4), (200, 0, 0, 128)))
    np.testing.assert_allclose(decode_colour(path, background=(0, 100, 0))[0, 0], (100, 50, 0), atol=1)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits_are_reduced_to_eight(tmp_path: Path, suffix: str) -> None:
    levels = np.array([[0, 256, 40_000, 65_535]], dtype=np.uint16)
    path = save(tmp_path / f"a.{suffix}", Image.fromarray(levels))
    np.testing.assert_array_equal(decode_colour(path, (1, 4), mode="grey"), [[0, 1, 156, 255]])


def test_twelve_bits_are_reduced_to_eight(tmp_path: Path) -> None:
    tags = [(256, 4, 2), (257, 4, 1), (258, 3, 12), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1), (279, 4, 3)]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    pixels = bytes([0xFF, 0xF8, 0x00])  # 4095 and 2048
    header = b"II*\x00" + struct.pack("<I", 12)
    path = tmp_path / "a.tif"
    path.write_bytes(header + pixels + b"\x00" + struct.pack("<H", len(tags)) + entries + bytes(4))
    np.testing.assert_array_equal(decode_colour(path, (1, 2), mode="grey"), [[255, 128]])


def test_palette_and_cmyk_images_become_rgb(tmp_path: Path) -> None:
    palette = Image.new("P", (4, 4), 3)
    palette.putpalette([0] * 9 + [12, 34, 56])
    assert (decode_colour(save(tmp_path / "p.png", palette)) == (12, 34, 56)).all()
    cmyk = Image.new("CMYK", (4, 4), (0, 255, 255, 0))
    assert (decode_colour(save(tmp_path / "c.tif", cmyk)) == (255, 0, 0)).all()
    np.testing.assert_allclose(decode_colour(save(tmp_path / "c.jpg", cmyk))[0, 0], (255, 0, 0), atol=3)


@pytest.mark.parametrize("suffix", ["gif", "webp", "tif", "png"])
def test_the_first_of_several_frames_is_read(tmp_path: Path, suffix: str) -> None:
    frames = [Image.new("L", (4, 4), level) for level in (50, 200)]
    options = {"lossless": True} if suffix == "webp" else {}
    path = save(tmp_path / f"a.{suffix}", frames[0], save_all=True, append_images=frames[1:], **options)
    assert (decode_colour(path, mode="grey") == 50).all()


def test_reduced_decoding_of_a_large_jpeg_preserves_the_colour(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg", Image.new("RGB", (801, 403), (90, 90, 90)))
    assert (decode_colour(path, (10, 10), fit="crop") == 90).all()


def test_pgm_of_16_bits_loses_its_lower_bits(tmp_path: Path) -> None:
    levels = np.array([[0x1234, 0xFFFF], [0, 0x80FF]], ">u2")
    path = tmp_path / "a.pgm"
    path.write_bytes(b"P5\n2 2\n65535\n" + levels.tobytes())
    np.testing.assert_array_equal(decode_colour(path, mode="grey"), [[0x12, 0xFF], [0, 0x80]])


@pytest.mark.parametrize("mode", ["I", "F"])
def test_32_bits_per_pixel_raise(tmp_path: Path, mode: str) -> None:
    path = save(tmp_path / "a.tif", Image.new(mode, (4, 4)))
    with pytest.raises(ValueError, match="32 bits per pixel"):
        decode_colour(path)


def test_other_formats_raise(tmp_path: Path) -> None:
    save(tmp_path / "a.pcx", Image.new("L", (4, 4))).rename(tmp_path / "a.png")
    with pytest.raises(Image.UnidentifiedImageError):
        decode_colour(tmp_path / "a.png")
