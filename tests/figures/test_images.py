"""Mosaics of small images."""

from __future__ import annotations

import numpy as np

from sakon.figures.images import image_grid, mosaic


def test_mosaic_positions_and_gaps() -> None:
    images = np.random.default_rng(0).random((2, 3, 4, 5, 1))
    canvas = mosaic(list(images))
    assert canvas.shape == (2 * 5 - 1, 3 * 6 - 1, 1)
    np.testing.assert_array_equal(canvas[5:9, 12:17], images[1, 2])
    assert np.isnan(canvas[4]).all()
    assert np.isnan(canvas[:, 5]).all()


def test_shorter_rows_are_padded_with_nan() -> None:
    canvas = mosaic([np.ones((3, 2, 2, 1)), np.ones((1, 2, 2, 1))])
    assert canvas.shape == (5, 8, 1)
    assert np.isnan(canvas[3:, 3:]).all()


def test_grey_and_colour_images_are_drawn() -> None:
    grey = image_grid(np.full((1, 2, 3, 3, 1), 0.5), "t", row_labels=["a"], column_labels=["b", "c"])
    assert grey.data[0].type == "heatmap"
    assert list(grey.layout.xaxis.ticktext) == ["b", "c"]
    colour = image_grid(np.full((1, 2, 3, 3, 3), 2.0), "t")
    assert colour.data[0].type == "image"
    assert np.max(colour.data[0].z) == 255
