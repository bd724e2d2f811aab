"""A denoiser: residual dense layers, or a small U-Net around them."""

from __future__ import annotations

from sakon.families import family_of
from sakon.lazy import Network, keras
from sakon.problem import InputSpec, Problem
from sakon.training.compiling import adamw

from .config import Config

GROUPS = 4


def build(input_spec: InputSpec, config: Config, problem: Problem) -> Network:
    """Return a compiled conditional diffusion model for images or vectors.

    Args:
        input_spec: What is generated and for which targets.
        config: Levels of noise, steps, guidance, widths.
        problem: Gives the seed.

    Example:
        >>> network = build(input_spec, Config(units=64), problem)
        >>> network.sample(np.array([0, 1]), seed=1).shape
        (2, 8, 8, 1)
    """
    from sakon.families.conditional import condition_width, convolves, settings_of, working_shape

    from .layers import ConditionalDiffusion

    keras.utils.set_random_seed(problem.seed)
    shape, width = working_shape(input_spec.shape), condition_width(len(input_spec.classes), input_spec.horizon)
    network = ConditionalDiffusion(
        denoiser=_denoiser(shape, width, config, convolves(shape, config.convolve_from)),
        noise_levels=config.noise_levels,
        sampling_steps=config.sampling_steps,
        guidance=config.guidance,
        unconditional=config.unconditional,
        **settings_of(input_spec, config.epochs, problem.seed, config.decay, family_of(__name__)),
    )
    network.compile(adamw(config))
    return network


def _denoiser(shape: tuple[int, ...], width: int, config: Config, convolutional: bool) -> keras.Model:
    from .layers import TIME_WIDTH

    noisy, time, condition = keras.Input(shape), keras.Input((TIME_WIDTH,)), keras.Input((width,))
    told = [keras.layers.Dense(config.units // 2 or 1, "silu")(each) for each in (time, condition)]
    told = keras.layers.Dense(config.units, "silu")(keras.layers.Concatenate()(told))
    if convolutional:
        x = _u_net(noisy, told, config)
    else:
        x = keras.layers.Reshape(shape)(_dense(keras.layers.Flatten()(noisy), told, config))
    return keras.Model([noisy, time, condition], x, name="denoiser")


def _dense(x: keras.KerasTensor, told: keras.KerasTensor, config: Config) -> keras.KerasTensor:
    """Return a vector of the same width, by residual blocks that are told level and target."""
    outputs = x.shape[-1]
    x = keras.layers.Dense(config.units)(x)
    for _ in range(config.blocks):
        y = keras.layers.Dense(config.units)(keras.layers.LayerNormalization()(x))
        y = keras.layers.Activation("silu")(keras.layers.Add()([y, keras.layers.Dense(config.units)(told)]))
        x = keras.layers.Add()([x, keras.layers.Dense(config.units, kernel_initializer="zeros")(y)])
    return keras.layers.Dense(outputs)(keras.layers.LayerNormalization()(x))


def _u_net(noisy: keras.KerasTensor, told: keras.KerasTensor, config: Config) -> keras.KerasTensor:
    """Return an image of the same shape; at the coarsest level dense layers see it as a whole."""
    from sakon.families.conditional import halvings, padding

    shape = noisy.shape[1:]
    times = halvings(shape)
    around = padding(shape, times)
    x = keras.layers.ZeroPadding2D(around)(noisy)
    x = keras.layers.Conv2D(config.filters[0], 3, padding="same")(x)
    kept = []
    for level in range(times):
        x = _residual(x, told, _filters(config, level))
        kept.append(x)
        x = keras.layers.AveragePooling2D(2)(x)
    x = _residual(x, told, _filters(config, times))
    whole = _dense(keras.layers.Flatten()(x), told, config)
    x = keras.layers.Add()([x, keras.layers.Reshape(x.shape[1:])(whole)])
    for level in reversed(range(times)):
        x = keras.layers.Concatenate()([keras.layers.UpSampling2D()(x), kept[level]])
        x = _residual(x, told, _filters(config, level))
    x = keras.layers.Activation("silu")(_normalised(x))
    return keras.layers.Cropping2D(around)(keras.layers.Conv2D(shape[2], 3, padding="same")(x))


def _residual(x: keras.KerasTensor, told: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    """Return x plus two normalised convolutions of it, the second told level and target (Ho et al. 2020, B)."""
    shortcut = x if x.shape[-1] == filters else keras.layers.Conv2D(filters, 1)(x)
    x = keras.layers.Conv2D(filters, 3, padding="same")(keras.layers.Activation("silu")(_normalised(x)))
    x = keras.layers.Add()([x, keras.layers.Reshape((1, 1, filters))(keras.layers.Dense(filters)(told))])
    x = keras.layers.Activation("silu")(_normalised(x))
    x = keras.layers.Conv2D(filters, 3, padding="same", kernel_initializer="zeros")(x)
    return keras.layers.Add()([shortcut, x])


def _normalised(x: keras.KerasTensor) -> keras.KerasTensor:
    groups = GROUPS if x.shape[-1] % GROUPS == 0 else 1
    return keras.layers.GroupNormalization(groups)(x)


def _filters(config: Config, level: int) -> int:
    return config.filters[min(level, len(config.filters) - 1)]
