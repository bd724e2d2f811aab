"""Builds the conditional Wasserstein GAN: a generator and a critic."""

from __future__ import annotations

from math import prod

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

from .config import Config

LEAKY_SLOPE = 0.2


def build(input_spec: InputSpec, config: Config, problem: Problem) -> Network:
    """Return a compiled conditional Wasserstein GAN.

    Generator and critic are trained by Adam with β₁ = 0, β₂ = 0.9 (Gulrajani et al. 2017, algorithm 1).

    Args:
        input_spec: Inputs to generate, and their targets.
        config: Noise, layers, critic steps, penalty.
        problem: Its seed.

    Example:
        >>> network = build(input_spec, Config(latent=16), problem)
        >>> network.sample(np.array([0, 1]), seed=1).shape
        (2, 8, 8, 1)
    """
    from .layers import ConditionalGAN

    keras.utils.set_random_seed(problem.seed)
    shape, width = working_shape(input_spec.shape), condition_width(len(input_spec.classes), input_spec.horizon)
    convolutional = uses_convolutions(shape, config.convolve_from)
    generator, critic = (_image_generator, _image_critic) if convolutional else (_dense_generator, _dense_critic)
    network = ConditionalGAN(
        generator=generator(shape, width, config),
        critic=critic(shape, width, config),
        latent=config.latent,
        critic_steps=config.critic_steps,
        penalty=config.penalty,
        **generator_arguments(input_spec, config.epochs, problem.seed, config.decay, family_of(__name__)),
    )
    network.compile(_adam(config), _adam(config))
    return network


def _adam(config: Config) -> keras.optimizers.Optimizer:
    return keras.optimizers.AdamW(config.learning_rate, beta_1=0.0, beta_2=0.9, weight_decay=config.weight_decay)


def _dense_generator(shape: tuple[int, ...], width: int, config: Config) -> keras.Model:
    noise, condition = keras.Input((config.latent,)), keras.Input((width,))
    x = keras.layers.Concatenate()([noise, keras.layers.Dense(config.units[0], "silu")(condition)])
    for units in config.units:
        x = keras.layers.Dense(units, "relu")(x)
    x = keras.layers.Dense(prod(shape), "tanh" if len(shape) == 3 else "linear")(x)
    return keras.Model([noise, condition], keras.layers.Reshape(shape)(x), name="generator")


def _dense_critic(shape: tuple[int, ...], width: int, config: Config) -> keras.Model:
    inputs, condition = keras.Input(shape), keras.Input((width,))
    x = keras.layers.Concatenate()(
        [keras.layers.Flatten()(inputs), keras.layers.Dense(config.units[0], "silu")(condition)]
    )
    for units in config.units:
        x = _leaky(keras.layers.Dense(units)(x))
    return keras.Model([inputs, condition], keras.layers.Dense(1)(x), name="critic")


def _image_generator(shape: tuple[int, ...], width: int, config: Config) -> keras.Model:
    """Return a generator that starts from a small image of many channels and doubles its sides repeatedly."""
    halvings = count_halvings(shape)
    padding = halving_padding(shape, halvings)
    rows, columns = ((side + sum(added)) // 2**halvings for side, added in zip(shape[:2], padding, strict=True))
    noise, condition = keras.Input((config.latent,)), keras.Input((width,))
    x = keras.layers.Concatenate()([noise, keras.layers.Dense(config.latent)(condition)])
    filters = filters_at(config.filters, halvings)
    x = keras.layers.Dense(rows * columns * filters, "relu")(x)
    x = keras.layers.Reshape((rows, columns, filters))(x)
    for level in reversed(range(halvings)):
        x = keras.layers.UpSampling2D()(x)
        x = keras.layers.Conv2D(filters_at(config.filters, level), 3, padding="same", activation="relu")(x)
    x = keras.layers.Conv2D(shape[2], 3, padding="same", activation="tanh")(x)
    return keras.Model([noise, condition], keras.layers.Cropping2D(padding)(x), name="generator")


def _image_critic(shape: tuple[int, ...], width: int, config: Config) -> keras.Model:
    """Return a projection critic (Miyato & Koyama 2018, arXiv 1802.05637, eq. 3)."""
    halvings = count_halvings(shape)
    inputs, condition = keras.Input(shape), keras.Input((width,))
    x = keras.layers.ZeroPadding2D(halving_padding(shape, halvings))(inputs)
    for level in range(halvings):
        x = _leaky(keras.layers.Conv2D(filters_at(config.filters, level), 3, strides=2, padding="same")(x))
    x = keras.layers.Flatten()(_leaky(keras.layers.Conv2D(filters_at(config.filters, halvings), 3, padding="same")(x)))
    x = _leaky(keras.layers.Dense(config.units[-1])(x))
    embedding = keras.layers.Dense(config.units[-1])(keras.layers.Dense(config.units[-1], "silu")(condition))
    score = keras.layers.Add()([keras.layers.Dense(1)(x), keras.layers.Dot(axes=1)([x, embedding])])
    return keras.Model([inputs, condition], score, name="critic")


def _leaky(x: keras.KerasTensor) -> keras.KerasTensor:
    return keras.layers.LeakyReLU(LEAKY_SLOPE)(x)
