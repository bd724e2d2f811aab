"""Encoders and decoders that fit every kind: convolutions where there is a grid, dense layers elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from sakon.layers.adapters import as_vector, is_grid
from sakon.lazy import keras
from sakon.problem import InputSpec

MIN_SIDE = 2


def encode_features(
    x: keras.KerasTensor, input_spec: InputSpec, filters: Sequence[int], units: Sequence[int]
) -> keras.KerasTensor:
    """Return features (batch, width) of an input.

    Args:
        x: Symbolic input of shape `input_spec.shape`.
        input_spec: Says whether there is a grid.
        filters: Channels of the convolutions on a grid; each halves it while it is larger than 2 by 2.
        units: Widths of the dense layers elsewhere.
    """
    if is_grid(input_spec):
        for number, (channels, stride) in enumerate(zip(filters, _strides(input_spec, len(filters)), strict=True), 1):
            x = keras.layers.Conv2D(channels, 3, stride, padding="same", activation="relu", name=f"encode_{number}")(x)
        return keras.layers.Flatten(name="encoded")(x)
    x = as_vector(x)
    for number, width in enumerate(units, 1):
        x = keras.layers.Dense(width, activation="relu", name=f"encode_{number}")(x)
    return x


def build_decoder(latent: int, input_spec: InputSpec, filters: Sequence[int], units: Sequence[int]) -> keras.Model:
    """Return a model from (batch, latent) to (batch, *shape), linear at its end: the mirror of `encode_features`."""
    code = keras.Input((latent,), name="code")
    if is_grid(input_spec):
        return keras.Model(code, _decoded_grid(code, input_spec, filters), name="decoder")
    x = code
    for number, width in enumerate(reversed(units), 1):
        x = keras.layers.Dense(width, activation="relu", name=f"decode_{number}")(x)
    size = 1
    for side in input_spec.shape:
        size *= side
    x = keras.layers.Dense(size, name="decoded")(x)
    x = keras.layers.Reshape(input_spec.shape, name="reshaped")(x) if len(input_spec.shape) > 1 else x
    return keras.Model(code, x, name="decoder")


def _decoded_grid(x: keras.KerasTensor, input_spec: InputSpec, filters: Sequence[int]) -> keras.KerasTensor:
    height, width, channels = input_spec.shape
    strides = _strides(input_spec, len(filters))
    shrunk = 2 ** sum(stride == 2 for stride in strides)
    rows, columns = ceil(height / shrunk), ceil(width / shrunk)
    x = keras.layers.Dense(rows * columns * filters[-1], activation="relu", name="unfolded")(x)
    x = keras.layers.Reshape((rows, columns, filters[-1]), name="grid")(x)
    for number, (filter_count, stride) in enumerate(zip(reversed(filters), reversed(strides), strict=True), 1):
        x = keras.layers.Conv2DTranspose(
            filter_count, 3, stride, padding="same", activation="relu", name=f"decode_{number}"
        )(x)
    surplus = (x.shape[1] - height, x.shape[2] - width)
    x = keras.layers.Cropping2D(((0, surplus[0]), (0, surplus[1])), name="cropped")(x) if any(surplus) else x
    return keras.layers.Conv2D(channels, 3, padding="same", name="decoded")(x)


def _strides(input_spec: InputSpec, layers: int) -> list[int]:
    """Return 2 for every convolution that halves the grid, 1 for those after it has become small."""
    side = min(input_spec.shape[:2])
    strides = []
    for _ in range(layers):
        strides.append(2 if side > MIN_SIDE else 1)
        side = ceil(side / strides[-1])
    return strides
