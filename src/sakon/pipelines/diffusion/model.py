"""Builds the diffusion model; its denoiser has residual dense layers, and a small U-Net around them for images."""

from __future__ import annotations

from sakon.families import family_of
from sakon.families.generator_shapes import (
    condition_width,
    count_halvings,
    filters_at,
    generator_arguments,
    halving_padding,
    uses_convolutions,
    working_shape,
)
from sakon.lazy import Network, keras
from sakon.problem import InputSpec, Problem
from sakon.training.compiling import adamw

from .config import Config

NORMALIZATION_GROUPS = 4


def build(input_spec: InputSpec, config: Config, problem: Problem) -> Network:
    """Return a compiled conditional diffusion model.

    Args:
        input_spec: Inputs to generate, and their targets.
        config: Noise levels, sampling steps, guidance, layers.
        problem: Its seed.

    Example:
        >>> network = build(input_spec, Config(units=64), problem)
        >>> network.sample(np.array([0, 1]), seed=1).shape
        (2, 8, 8, 1)
    """
    from .layers import ConditionalDiffusion

    keras.utils.set_random_seed(problem.seed)
    shape, width = working_shape(input_spec.shape), condition_width(len(input_spec.classes), input_spec.horizon)
    network = ConditionalDiffusion(
        denoiser=_build_denoiser(shape, width, config, uses_convolutions(shape, config.convolve_from)),
        noise_levels=config.noise_levels,
        sampling_steps=config.sampling_steps,
        guidance=config.guidance,
        unconditional=config.unconditional,
        **generator_arguments(input_spec, config.epochs, problem.seed, config.decay, family_of(__name__)),
    )
    network.compile(adamw(config.learning_rate, config.weight_decay))
    return network


def _build_denoiser(shape: tuple[int, ...], width: int, config: Config, convolutional: bool) -> keras.Model:
    from .layers import TIME_WIDTH

    noisy, time, condition = keras.Input(shape), keras.Input((TIME_WIDTH,)), keras.Input((width,))
    embeddings = [keras.layers.Dense(config.units // 2 or 1, "silu")(x) for x in (time, condition)]
    conditioning = keras.layers.Dense(config.units, "silu")(keras.layers.Concatenate()(embeddings))
    if convolutional:
        x = _u_net(noisy, conditioning, config)
    else:
        x = keras.layers.Reshape(shape)(_dense_blocks(keras.layers.Flatten()(noisy), conditioning, config))
    return keras.Model([noisy, time, condition], x, name="denoiser")


def _dense_blocks(x: keras.KerasTensor, conditioning: keras.KerasTensor, config: Config) -> keras.KerasTensor:
    """Return a vector of the same width, by residual blocks that add the conditioning: embedded time and target."""
    outputs = x.shape[-1]
    x = keras.layers.Dense(config.units)(x)
    for _ in range(config.blocks):
        y = keras.layers.Dense(config.units)(keras.layers.LayerNormalization()(x))
        y = keras.layers.Activation("silu")(keras.layers.Add()([y, keras.layers.Dense(config.units)(conditioning)]))
        x = keras.layers.Add()([x, keras.layers.Dense(config.units, kernel_initializer="zeros")(y)])
    return keras.layers.Dense(outputs)(keras.layers.LayerNormalization()(x))


def _u_net(noisy: keras.KerasTensor, conditioning: keras.KerasTensor, config: Config) -> keras.KerasTensor:
    """Return an image of the same shape; at the coarsest resolution dense layers read the whole image."""
    shape = noisy.shape[1:]
    halvings = count_halvings(shape)
    padding = halving_padding(shape, halvings)
    x = keras.layers.ZeroPadding2D(padding)(noisy)
    x = keras.layers.Conv2D(config.filters[0], 3, padding="same")(x)
    skips = []
    for level in range(halvings):
        x = _residual_block(x, conditioning, filters_at(config.filters, level))
        skips.append(x)
        x = keras.layers.AveragePooling2D(2)(x)
    x = _residual_block(x, conditioning, filters_at(config.filters, halvings))
    dense = _dense_blocks(keras.layers.Flatten()(x), conditioning, config)
    x = keras.layers.Add()([x, keras.layers.Reshape(x.shape[1:])(dense)])
    for level in reversed(range(halvings)):
        x = keras.layers.Concatenate()([keras.layers.UpSampling2D()(x), skips[level]])
        x = _residual_block(x, conditioning, filters_at(config.filters, level))
    x = keras.layers.Activation("silu")(_group_normalization(x))
    return keras.layers.Cropping2D(padding)(keras.layers.Conv2D(shape[2], 3, padding="same")(x))


def _residual_block(x: keras.KerasTensor, conditioning: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    """Return x plus two normalised convolutions of it, the conditioning added between them (Ho et al. 2020, B)."""
    shortcut = x if x.shape[-1] == filters else keras.layers.Conv2D(filters, 1)(x)
    x = keras.layers.Conv2D(filters, 3, padding="same")(keras.layers.Activation("silu")(_group_normalization(x)))
    x = keras.layers.Add()([x, keras.layers.Reshape((1, 1, filters))(keras.layers.Dense(filters)(conditioning))])
    x = keras.layers.Activation("silu")(_group_normalization(x))
    x = keras.layers.Conv2D(filters, 3, padding="same", kernel_initializer="zeros")(x)
    return keras.layers.Add()([shortcut, x])


def _group_normalization(x: keras.KerasTensor) -> keras.KerasTensor:
    groups = NORMALIZATION_GROUPS if x.shape[-1] % NORMALIZATION_GROUPS == 0 else 1
    return keras.layers.GroupNormalization(groups)(x)
