"""A residual convolutional network."""

from __future__ import annotations

from sakon.families import family_of
from sakon.families.compiling import compiled
from sakon.families.stems import as_sequence, inputs_for, is_grid, normalised, with_head
from sakon.lazy import Network, keras
from sakon.problem import InputSpec, Problem

from .config import Config

SMALLEST_SIDE = 4


def build(input_spec: InputSpec, config: Config, problem: Problem) -> Network:
    """Return a compiled convolutional network for images or sequences.

    Args:
        input_spec: What the model reads and answers.
        config: Filters, kernel, dropout, shift.
        problem: Gives the seed of the initial weights.

    Example:
        >>> model = build(input_spec, Config(filters=(16, 32)), problem)
    """
    keras.utils.set_random_seed(problem.seed)
    inputs = inputs_for(input_spec)
    x = _image_blocks(inputs, config) if is_grid(input_spec) else _sequence_blocks(inputs, config)
    x = keras.layers.Dropout(config.dropout, name="dropout")(x)
    return compiled(with_head(inputs, x, input_spec, name=family_of(__name__)), input_spec, config)


def _image_blocks(x: keras.KerasTensor, config: Config) -> keras.KerasTensor:
    if config.shift:
        x = keras.layers.RandomTranslation(config.shift, config.shift, fill_mode="constant", name="shift")(x)
    x = keras.layers.Conv2D(config.filters[0], config.kernel_size, padding="same", name="first_filters")(x)
    for number, filters in enumerate(config.filters, start=1):
        x = _residual(x, keras.layers.Conv2D, filters, config.kernel_size, f"block_{number}", padding="same")
        if min(x.shape[1:3]) > SMALLEST_SIDE:
            x = keras.layers.MaxPooling2D(name=f"halve_{number}")(x)
    x = keras.layers.Activation("relu", name="last_maps")(normalised(x, "last_normalisation"))
    if x.shape[1] * x.shape[2] <= SMALLEST_SIDE**2:
        return keras.layers.Flatten(name="features")(x)  # where in a small image still tells
    return keras.layers.GlobalAveragePooling2D(name="features")(x)


def _sequence_blocks(x: keras.KerasTensor, config: Config) -> keras.KerasTensor:
    x = as_sequence(x)
    x = keras.layers.Conv1D(config.filters[0], config.kernel_size, padding="causal", name="first_filters")(x)
    for number, filters in enumerate(config.filters, start=1):
        dilation = 2 ** (number - 1)
        x = _residual(
            x,
            keras.layers.Conv1D,
            filters,
            config.kernel_size,
            f"block_{number}",
            padding="causal",
            dilation_rate=dilation,
        )
    x = keras.layers.Activation("relu", name="last_maps")(normalised(x, "last_normalisation"))
    return keras.layers.Flatten(name="features")(x)


def _residual(
    x: keras.KerasTensor,
    convolution: type[keras.layers.Layer],
    filters: int,
    kernel_size: int,
    name: str,
    **arguments: object,
) -> keras.KerasTensor:
    """Return x plus two normalised convolutions of it (He et al. 2016, arXiv 1603.05027, fig. 4e)."""
    shortcut = x
    if x.shape[-1] != filters:
        shortcut = convolution(filters, 1, name=f"{name}_shortcut")(x)
    for half in ("first", "second"):
        x = normalised(x, f"{name}_{half}_normalisation")
        x = keras.layers.Activation("relu", name=f"{name}_{half}_relu")(x)
        x = convolution(filters, kernel_size, name=f"{name}_{half}", **arguments)(x)
    return keras.layers.Add(name=f"{name}_sum")([shortcut, x])
