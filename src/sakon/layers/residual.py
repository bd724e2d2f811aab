"""Residual blocks, and a residual feature extractor of images."""

from __future__ import annotations

from collections.abc import Sequence

from sakon.layers.adapters import batch_normalization
from sakon.lazy import keras

MIN_SIDE = 4


def residual_block(
    x: keras.KerasTensor, layer: type[keras.layers.Layer], width: int, name: str, **arguments: object
) -> keras.KerasTensor:
    """Return x plus two layers with normalisation and ReLU before each (He et al. 2016, arXiv 1603.05027, fig. 4e).

    Args:
        x: Input, (batch, …, channels).
        layer: `Dense`, or a convolution.
        width: Units or channels of the output.
        name: Prefix of the names of the layers.
        **arguments: Keyword arguments of the layer, such as `kernel_size`.
    """
    shortcut = x
    if x.shape[-1] != width:
        pointwise = {"kernel_size": 1} if "kernel_size" in arguments else {}
        shortcut = layer(width, **pointwise, name=f"{name}_shortcut")(x)
    for half in ("first", "second"):
        x = batch_normalization(x, f"{name}_{half}_normalisation")
        x = keras.layers.Activation("relu", name=f"{name}_{half}_relu")(x)
        x = layer(width, **arguments, name=f"{name}_{half}")(x)
    return keras.layers.Add(name=f"{name}_sum")([shortcut, x])


def image_features(x: keras.KerasTensor, filters: Sequence[int], kernel_size: int) -> keras.KerasTensor:
    """Return features of images, (batch, width): residual blocks; images larger than 4 by 4 are halved after each.

    Args:
        x: Images, (batch, height, width, channels).
        filters: Channels of each block.
        kernel_size: Width of the convolutions.
    """
    x = keras.layers.Conv2D(filters[0], kernel_size, padding="same", name="first_filters")(x)
    for number, channels in enumerate(filters, start=1):
        x = residual_block(x, keras.layers.Conv2D, channels, f"block_{number}", kernel_size=kernel_size, padding="same")
        if min(x.shape[1:3]) > MIN_SIDE:
            x = keras.layers.MaxPooling2D(name=f"halve_{number}")(x)
    x = keras.layers.Activation("relu", name="last_maps")(batch_normalization(x, "last_normalisation"))
    if x.shape[1] * x.shape[2] <= MIN_SIDE**2:
        return keras.layers.Flatten(name="features")(x)  # in a small image positions are informative
    return keras.layers.GlobalAveragePooling2D(name="features")(x)
