"""Dense networks: RealMLP, and for texts one with batch normalisation."""

from __future__ import annotations

from sakon.families import family_of
from sakon.layers.adapters import as_vector, batch_normalization, input_layer, with_output_layer
from sakon.layers.forecast_offset import add_forecast_offset
from sakon.lazy import Network, keras
from sakon.problem import InputSpec, Problem
from sakon.training.compiling import adamw, compile_for_task

from .config import Config

CLASS_RATE, NUMBER_RATE, TEXT_RATE = 0.04, 0.2, 0.001
"""Learning rates for classes and for numbers, and for texts."""
MAX_EMBEDDED = 512
"""Maximum number of features that are embedded."""


def build(input_spec: InputSpec, config: Config, problem: Problem) -> Network:
    """Return a compiled dense network.

    It is RealMLP (Holzmüller et al. 2024, arXiv 2407.04491), but for texts: on their latent semantic analysis, whose
    scales have a meaning, RealMLP has a higher loss on validation than dense layers with batch normalisation.

    Labels are smoothed whatever the metric is: the epoch is chosen by the cross-entropy, which is lower then. The paper
    does not smooth them for metrics of probabilities, where it chooses the epoch by that metric.

    Args:
        input_spec: Inputs and outputs of the model.
        config: Widths, regularization and schedules.
        problem: Its seed, which the initial weights depend on.

    Example:
        >>> model = build(input_spec, Config(units=(64,)), problem)
    """
    keras.utils.set_random_seed(problem.seed)
    if input_spec.vocabulary:
        return _normalised_network(input_spec, config)
    return _real_mlp(input_spec, config, problem)


def _real_mlp(input_spec: InputSpec, config: Config, problem: Problem) -> Network:
    from . import layers
    from .network import RealMLP

    is_class = input_spec.task == "classification"
    inputs = input_layer(input_spec)
    x = layers.RobustScaling(name="robust_scaling")(as_vector(inputs))
    if config.embedding > 1 and len(input_spec.shape) == 1 and x.shape[1] <= MAX_EMBEDDED:
        x = layers.PeriodicEmbedding(config.embedding, seed=problem.seed, name="embedding")(x)
    x = layers.FeatureScale(name="feature_scale")(x)
    for number, units in enumerate(config.units, start=1):
        x = layers.ScaledDense(units, seed=problem.seed + number, name=f"dense_{number}")(x)
        x = layers.ParametricActivation("selu" if is_class else "mish", name=f"hidden_{number}")(x)
        x = layers.ScheduledDropout(seed=problem.seed + number, name=f"dropout_{number}")(x)
    x = layers.ScaledDense(input_spec.outputs, seed=problem.seed, name="outputs")(x)
    if is_class:
        x = keras.layers.Softmax(name="probabilities")(x)
    elif input_spec.task == "regression":
        x = layers.OutputRange(name="range")(x)
    rate = config.learning_rate or (CLASS_RATE if is_class else NUMBER_RATE)
    model = RealMLP(
        inputs, add_forecast_offset(x, inputs, input_spec),
        epochs=config.epochs, learning_rate=rate, weight_decay=config.weight_decay, dropout=config.dropout,
        label_smoothing=config.label_smoothing if is_class else 0.0, name=family_of(__name__),
    )  # fmt: skip
    return compile_for_task(model, input_spec, keras.optimizers.Adam(rate, 0.9, 0.95, epsilon=1e-8))


def _normalised_network(input_spec: InputSpec, config: Config) -> Network:
    """Return dense layers with batch normalisation, ReLU and dropout, trained by AdamW at a constant rate."""
    inputs = input_layer(input_spec)
    x = as_vector(inputs)
    for number, units in enumerate(config.units, start=1):
        x = keras.layers.Dense(units, use_bias=False, name=f"dense_{number}")(x)
        x = batch_normalization(x, f"normalisation_{number}")
        x = keras.layers.Activation("relu", name=f"hidden_{number}")(x)
        x = keras.layers.Dropout(config.dropout, name=f"dropout_{number}")(x)
    model = with_output_layer(inputs, x, input_spec, name=family_of(__name__))
    return compile_for_task(model, input_spec, adamw(config.learning_rate or TEXT_RATE, config.weight_decay))
