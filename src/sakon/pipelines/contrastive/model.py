"""Builds the contrastive network: an encoder, a projection head and the views to learn from."""

from __future__ import annotations

from sakon.families import family_of
from sakon.layers.adapters import as_sequence, batch_normalization, input_layer, is_grid
from sakon.layers.residual import image_features, residual_block
from sakon.lazy import Network, keras
from sakon.problem import InputSpec, Problem
from sakon.training.compiling import adamw

from .config import Config


def build(input_spec: InputSpec, config: Config, problem: Problem) -> Network:
    """Return a compiled contrastive network: SimCLR on images, SCARF on other kinds.

    Args:
        input_spec: Shape of the inputs.
        config: Encoder, projection head, temperature, views.
        problem: Its seed, for initial weights and views.

    Example:
        >>> network = build(input_spec, Config(temperature=0.1), problem)
        >>> network.encoder(x)  # (batch, width)
    """
    from .layers import ContrastiveNetwork
    from .views import CorruptedViews, ImageViews

    keras.utils.set_random_seed(problem.seed)
    if is_grid(input_spec):
        augmentations = config.model_dump(include=set(ImageViews.AUGMENTATIONS))
        views = ImageViews(**augmentations, seed=problem.seed, name="views")
    else:
        views = CorruptedViews(config.corruption, seed=problem.seed, name="views")
    encoder = _build_encoder(input_spec, config)
    head = _build_projection_head(config)
    network = ContrastiveNetwork(encoder, head, views, config.temperature, name=family_of(__name__))
    network.build((None, *input_spec.shape))
    network.compile(adamw(config.learning_rate, config.weight_decay))
    return network


def _build_encoder(input_spec: InputSpec, config: Config) -> keras.Model:
    """Return the model from inputs to the representation, (batch, width)."""
    inputs = input_layer(input_spec)
    match len(input_spec.shape):
        case 3:
            x = image_features(inputs, config.filters, config.kernel_size)
        case 2:
            x = _sequence_features(as_sequence(inputs), config)
        case _:
            x = _table_features(inputs, config)
    x = batch_normalization(keras.layers.Dense(config.width, name="width")(x), "representation_normalisation")
    return keras.Model(inputs, keras.layers.Activation("relu", name="representation")(x), name="encoder")


def _build_projection_head(config: Config) -> keras.Model:
    """Return the projection head: two dense layers (Chen et al. 2020, section 4.2)."""
    inputs = keras.Input((config.width,), name="representation")
    x = keras.layers.Dense(config.width, activation="relu", name="hidden")(inputs)
    return keras.Model(inputs, keras.layers.Dense(config.projection, name="projection")(x), name="projection_head")


def _sequence_features(x: keras.KerasTensor, config: Config) -> keras.KerasTensor:
    """Return features of sequences, (batch, …): dilated residual blocks, average and maximum over steps."""
    x = keras.layers.Conv1D(config.filters[0], config.kernel_size, padding="same", name="first_filters")(x)
    for number, filters in enumerate(config.filters, start=1):
        dilation = 2 ** (number - 1)
        x = residual_block(
            x, keras.layers.Conv1D, filters, f"block_{number}",
            kernel_size=config.kernel_size, padding="same", dilation_rate=dilation,
        )  # fmt: skip
    x = keras.layers.Activation("relu", name="last_maps")(batch_normalization(x, "last_normalisation"))
    average, maximum = keras.layers.GlobalAveragePooling1D(name="average"), keras.layers.GlobalMaxPooling1D(name="max")
    return keras.layers.Concatenate(name="features")([average(x), maximum(x)])


def _table_features(x: keras.KerasTensor, config: Config) -> keras.KerasTensor:
    """Return features of tables, (batch, …): dense residual blocks."""
    x = keras.layers.Dense(config.units[0], name="first_units")(x)
    for number, units in enumerate(config.units, start=1):
        x = residual_block(x, keras.layers.Dense, units, f"block_{number}")
    return keras.layers.Activation("relu", name="features")(batch_normalization(x, "features_normalisation"))
