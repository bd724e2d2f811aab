"""Images of every format, size and mode come out in the declared form, with the colours they had."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from sakon.datasets.decoding import Form, decode

MODES = ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16"]
SUFFIXES = {mode: ["tif"] for mode in MODES} | {
    "1": ["png", "tif", "bmp"],
    "L": ["png", "jpg", "bmp", "gif", "webp", "tif"],
    "LA": ["png", "tif"],
    "P": ["png", "gif", "tif", "bmp"],
    "RGB": ["png", "bmp", "tif"],
    "RGBA": ["png", "webp", "tif"],
    "I;16": ["png", "tif"],
}
SIDES = st.integers(1, 40)
LEVELS = st.integers(0, 255)
FORMS = st.builds(
    Form,
    size=st.tuples(SIDES, SIDES),
    mode=st.sampled_from(["grey", "colour"]),
    fit=st.sampled_from(["pad", "crop", "stretch"]),
    background=st.tuples(LEVELS, LEVELS, LEVELS),
)
# Each example writes its file anew.
EACH = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(path: Path, image: Image.Image, **options: Any) -> Path:
    image.save(path, **options)
    return path


def colour(path: Path, size: tuple[int, int] = (2, 2), **options: Any) -> np.ndarray:
    return decode(path, Form(size=size, **options))


@EACH
@given(st.data(), FORMS)
def test_any_size_and_mode_comes_out_in_the_declared_shape(tmp_path: Path, data: st.DataObject, form: Form) -> None:
    mode = data.draw(st.sampled_from(MODES))
    width, height = data.draw(st.tuples(st.integers(1, 300), st.integers(1, 300)))
    shape = (height, width) if mode == "I;16" else (height, width, 3)
    noise = np.random.default_rng(0).integers(256, size=shape)
    image = Image.fromarray(noise.astype(np.uint16 if mode == "I;16" else np.uint8))
    path = tmp_path / f"a.{data.draw(st.sampled_from(SUFFIXES[mode]))}"
    made = decode(written(path, image if mode == "I;16" else image.convert(mode)), form)
    assert made.shape == form.shape == (*form.size, 3)[: 2 + (form.mode == "colour")]
    assert made.dtype == np.uint8


@EACH
@given(
    st.tuples(st.integers(1, 300), st.integers(1, 300)),
    st.tuples(LEVELS, LEVELS, LEVELS),
    st.tuples(SIDES, SIDES),
    st.sampled_from(["crop", "stretch"]),
    st.sampled_from(["png", "bmp", "tif"]),
)
def test_a_constant_colour_stays_that_colour(
    tmp_path: Path,
    given_size: tuple[int, int],
    level: tuple[int, int, int],
    size: tuple[int, int],
    fit: str,
    suffix: str,
) -> None:
    path = written(tmp_path / f"a.{suffix}", Image.new("RGB", given_size, level))
    np.testing.assert_array_equal(colour(path, size, fit=fit), np.broadcast_to(level, (*size, 3)))


@EACH
@given(st.tuples(SIDES, SIDES), LEVELS, st.tuples(SIDES, SIDES))
def test_padding_keeps_the_colour_and_adds_only_background(
    tmp_path: Path, given_size: tuple[int, int], level: int, size: tuple[int, int]
) -> None:
    path = written(tmp_path / "a.png", Image.new("L", given_size, level))
    made = colour(path, size, mode="grey", background=(7, 7, 7))
    assert set(np.unique(made)) <= {level, 7}
    assert level in made
    middle = np.argwhere(made == level).mean(axis=0) if level != 7 else (np.array(size) - 1) / 2
    np.testing.assert_allclose(middle, (np.array(size) - 1) / 2, atol=0.5)


def test_fits_differ_where_the_ratio_does(tmp_path: Path) -> None:
    half = np.zeros((4, 8), dtype=np.uint8)
    half[:, 6:] = 200
    path = written(tmp_path / "a.png", Image.fromarray(half))
    stretched, cropped, padded = (colour(path, (4, 4), mode="grey", fit=fit) for fit in ("stretch", "crop", "pad"))
    assert stretched[0, -1] > 150
    assert cropped.max() == 0
    assert (padded[[0, -1]] == 255).all()
    assert (padded[1:3, 0] == 0).all()


def test_exif_turns_the_image(tmp_path: Path) -> None:
    upright = np.zeros((8, 8), dtype=np.uint8)
    upright[:4, :4] = 255
    turned = Image.fromarray(np.rot90(upright))  # shown upright when turned by 270 degrees: orientation 6
    exif = Image.Exif()
    exif[0x0112] = 6
    for suffix in ("png", "tif", "webp"):
        options = {"lossless": True} if suffix == "webp" else {}
        path = written(tmp_path / f"a.{suffix}", turned, exif=exif, **options)
        np.testing.assert_array_equal(colour(path, (8, 8), mode="grey"), upright)


def test_exif_that_cannot_be_read_leaves_the_image(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jpg", Image.new("L", (8, 8), 90), exif=b"Exif\x00\x00no such thing")
    assert (colour(path) == 90).all()


@pytest.mark.parametrize(("background", "seen"), [((255, 0, 0), (255, 0, 0)), ((10, 20, 30), (10, 20, 30))])
@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_the_background_shows_through(tmp_path: Path, mode: str, background: Any, seen: Any) -> None:
    clear = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    if mode == "P":
        path = written(tmp_path / "a.png", Image.new("P", (4, 4), 0), transparency=0)
    else:
        path = written(tmp_path / "a.png", clear.convert(mode))
    assert (colour(path, background=background) == seen).all()


def test_half_transparent_is_half_the_background(tmp_path: Path) -> None:
    path = written(tmp_path / "a.png", Image.new("RGBA", (4, 4), (200, 0, 0, 128)))
    np.testing.assert_allclose(colour(path, background=(0, 100, 0))[0, 0], (100, 50, 0), atol=1)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits_become_eight(tmp_path: Path, suffix: str) -> None:
    levels = np.array([[0, 256, 40_000, 65_535]], dtype=np.uint16)
    path = written(tmp_path / f"a.{suffix}", Image.fromarray(levels))
    np.testing.assert_array_equal(colour(path, (1, 4), mode="grey"), [[0, 1, 156, 255]])


def test_twelve_bits_become_eight(tmp_path: Path) -> None:
    tags = [(256, 4, 2), (257, 4, 1), (258, 3, 12), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1), (279, 4, 3)]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    pixels = bytes([0xFF, 0xF8, 0x00])  # 4095 and 2048
    head = b"II*\x00" + struct.pack("<I", 12)
    path = tmp_path / "a.tif"
    path.write_bytes(head + pixels + b"\x00" + struct.pack("<H", len(tags)) + entries + bytes(4))
    np.testing.assert_array_equal(colour(path, (1, 2), mode="grey"), [[255, 128]])


def test_palettes_and_inks_become_colours(tmp_path: Path) -> None:
    palette = Image.new("P", (4, 4), 3)
    palette.putpalette([0] * 9 + [12, 34, 56])
    assert (colour(written(tmp_path / "p.png", palette)) == (12, 34, 56)).all()
    inks = Image.new("CMYK", (4, 4), (0, 255, 255, 0))
    assert (colour(written(tmp_path / "c.tif", inks)) == (255, 0, 0)).all()
    np.testing.assert_allclose(colour(written(tmp_path / "c.jpg", inks))[0, 0], (255, 0, 0), atol=3)


@pytest.mark.parametrize("suffix", ["gif", "webp", "tif", "png"])
def test_of_several_frames_the_first(tmp_path: Path, suffix: str) -> None:
    frames = [Image.new("L", (4, 4), level) for level in (50, 200)]
    options = {"lossless": True} if suffix == "webp" else {}
    path = written(tmp_path / f"a.{suffix}", frames[0], save_all=True, append_images=frames[1:], **options)
    assert (colour(path, mode="grey") == 50).all()


def test_a_large_jpeg_is_read_small_without_a_change_of_colour(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jpg", Image.new("RGB", (801, 403), (90, 90, 90)))
    assert (colour(path, (10, 10), fit="crop") == 90).all()


@pytest.mark.parametrize("mode", ["I", "F"])
def test_values_without_a_meaning_are_refused(tmp_path: Path, mode: str) -> None:
    path = written(tmp_path / "a.tif", Image.new(mode, (4, 4)))
    with pytest.raises(ValueError, match="32 bits per pixel"):
        colour(path)


def test_only_the_named_formats_are_tried(tmp_path: Path) -> None:
    written(tmp_path / "a.ppm", Image.new("L", (4, 4))).rename(tmp_path / "a.png")
    with pytest.raises(Image.UnidentifiedImageError):
        colour(tmp_path / "a.png")
