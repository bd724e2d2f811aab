"""A generator and a critic."""

from __future__ import annotations

from math import prod

from sakon.families import family_of
from sakon.lazy import Network, keras
from sakon.problem import InputSpec, Problem

from .config import Config

SLOPE = 0.2


def build(input_spec: InputSpec, config: Config, problem: Problem) -> Network:
    """Return a compiled conditional Wasserstein GAN for images or vectors.

    Both players are moved by Adam with β₁ = 0, β₂ = 0.9 (Gulrajani et al. 2017, algorithm 1).

    Args:
        input_spec: What is generated and for which targets.
        config: Noise, widths, critic steps, penalty.
        problem: Gives the seed.

    Example:
        >>> network = build(input_spec, Config(latent=16), problem)
        >>> network.sample(np.array([0, 1]), seed=1).shape
        (2, 8, 8, 1)
    """
    from sakon.families.conditional import condition_width, convolves, settings_of, working_shape

    from .layers import ConditionalGAN

    keras.utils.set_random_seed(problem.seed)
    shape, width = working_shape(input_spec.shape), condition_width(len(input_spec.classes), input_spec.horizon)
    convolutional = convolves(shape, config.convolve_from)
    generator, critic = (_image_generator, _image_critic) if convolutional else (_generator, _critic)
    network = ConditionalGAN(
        generator=generator(shape, width, config),
        critic=critic(shape, width, config),
        latent=config.latent,
        critic_steps=config.critic_steps,
        penalty=config.penalty,
        **settings_of(input_spec, config.epochs, problem.seed, config.decay, family_of(__name__)),
    )
    network.compile(_adam(config), _adam(config))
    return network


def _adam(config: Config) -> keras.optimizers.Optimizer:
    return keras.optimizers.AdamW(config.learning_rate, beta_1=0.0, beta_2=0.9, weight_decay=config.weight_decay)


def _generator(shape: tuple[int, ...], width: int, config: Config) -> keras.Model:
    noise, condition = keras.Input((config.latent,)), keras.Input((width,))
    x = keras.layers.Concatenate()([noise, keras.layers.Dense(config.units[0], "silu")(condition)])
    for units in config.units:
        x = keras.layers.Dense(units, "relu")(x)
    x = keras.layers.Dense(prod(shape), "tanh" if len(shape) == 3 else "linear")(x)
    return keras.Model([noise, condition], keras.layers.Reshape(shape)(x), name="generator")


def _critic(shape: tuple[int, ...], width: int, config: Config) -> keras.Model:
    inputs, condition = keras.Input(shape), keras.Input((width,))
    x = keras.layers.Concatenate()(
        [keras.layers.Flatten()(inputs), keras.layers.Dense(config.units[0], "silu")(condition)]
    )
    for units in config.units:
        x = _leaky(keras.layers.Dense(units)(x))
    return keras.Model([inputs, condition], keras.layers.Dense(1)(x), name="critic")


def _image_generator(shape: tuple[int, ...], width: int, config: Config) -> keras.Model:
    """Return a generator that starts from a small image of many channels and doubles it."""
    from sakon.families.conditional import halvings, padding

    times = halvings(shape)
    around = padding(shape, times)
    height, breadth = ((side + sum(added)) // 2**times for side, added in zip(shape[:2], around, strict=True))
    noise, condition = keras.Input((config.latent,)), keras.Input((width,))
    x = keras.layers.Concatenate()([noise, keras.layers.Dense(config.latent)(condition)])
    filters = _filters(config, times)
    x = keras.layers.Dense(height * breadth * filters, "relu")(x)
    x = keras.layers.Reshape((height, breadth, filters))(x)
    for level in reversed(range(times)):
        x = keras.layers.UpSampling2D()(x)
        x = keras.layers.Conv2D(_filters(config, level), 3, padding="same", activation="relu")(x)
    x = keras.layers.Conv2D(shape[2], 3, padding="same", activation="tanh")(x)
    return keras.Model([noise, condition], keras.layers.Cropping2D(around)(x), name="generator")


def _image_critic(shape: tuple[int, ...], width: int, config: Config) -> keras.Model:
    """Return a critic that projects on the condition (Miyato & Koyama 2018, arXiv 1802.05637, eq. 3)."""
    from sakon.families.conditional import halvings, padding

    times = halvings(shape)
    inputs, condition = keras.Input(shape), keras.Input((width,))
    x = keras.layers.ZeroPadding2D(padding(shape, times))(inputs)
    for level in range(times):
        x = _leaky(keras.layers.Conv2D(_filters(config, level), 3, strides=2, padding="same")(x))
    x = keras.layers.Flatten()(_leaky(keras.layers.Conv2D(_filters(config, times), 3, padding="same")(x)))
    x = _leaky(keras.layers.Dense(config.units[-1])(x))
    embedding = keras.layers.Dense(config.units[-1])(keras.layers.Dense(config.units[-1], "silu")(condition))
    score = keras.layers.Add()([keras.layers.Dense(1)(x), keras.layers.Dot(axes=1)([x, embedding])])
    return keras.Model([inputs, condition], score, name="critic")


def _filters(config: Config, level: int) -> int:
    return config.filters[min(level, len(config.filters) - 1)]


def _leaky(x: keras.KerasTensor) -> keras.KerasTensor:
    return keras.layers.LeakyReLU(SLOPE)(x)
