"""Adapters between the inputs of a kind and a network, and output layers.

Shapes are without the batch axis. Inputs are (features,), (steps, channels) or (height, width, channels); with these
adapters every family runs on every kind.
"""

from __future__ import annotations

from sakon.layers.forecast_offset import add_forecast_offset
from sakon.lazy import keras
from sakon.problem import InputSpec

TOKENS = "tokens"
"""Name of the input layer of networks that read token numbers."""
MAX_VECTOR_STEPS = 16
"""Maximum number of steps of a vector that is read as a sequence: one-hot inputs can be thousands."""


def input_layer(input_spec: InputSpec) -> keras.KerasTensor:
    """Return the symbolic input of a model."""
    return keras.Input(input_spec.shape, dtype="float32", name="inputs")


def as_vector(x: keras.KerasTensor) -> keras.KerasTensor:
    """Return the inputs flattened, (features,)."""
    return x if len(x.shape) == 2 else keras.layers.Flatten(name="as_vector")(x)


def sequence_input(
    input_spec: InputSpec, embedding: int, *, masked: bool = False
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Return the symbolic input of a sequence model, and the sequence, (steps, channels).

    For texts the input is token numbers, and the sequence is their trainable embeddings.

    Args:
        input_spec: Inputs of the model.
        embedding: Width of a token's embedding.
        masked: Whether the layers that follow ignore the steps after the end of a text.
    """
    if not input_spec.vocabulary:
        inputs = input_layer(input_spec)
        return inputs, as_sequence(inputs)
    inputs = keras.Input((input_spec.steps,), dtype="int32", name=TOKENS)
    return inputs, keras.layers.Embedding(len(input_spec.vocabulary), embedding, mask_zero=masked, name="as_sequence")(
        inputs
    )


def as_sequence(x: keras.KerasTensor) -> keras.KerasTensor:
    """Return the inputs as a sequence, (steps, channels).

    A step of an image is a row, a step of a vector a group of neighbouring features, see `features_per_step`. Zeros
    fill the last group.
    """
    match x.shape[1:]:
        case (height, width, channels):
            return keras.layers.Reshape((height, width * channels), name="as_sequence")(x)
        case (features,):
            group = features_per_step(features)
            steps = -(-features // group)
            if padding := steps * group - features:
                x = keras.layers.Reshape((features, 1), name="feature_column")(x)
                x = keras.layers.ZeroPadding1D((0, padding), name="padded_features")(x)
            return keras.layers.Reshape((steps, group), name="as_sequence")(x)
    return x


def features_per_step(features: int) -> int:
    """Return how many neighbouring features of a vector are one step of a sequence.

    It is the smallest group that makes at most `MAX_VECTOR_STEPS` steps: 1 for up to 16 features, 2 for up to 32.

    Args:
        features: Width of the vector.
    """
    return -(-features // MAX_VECTOR_STEPS)


def is_grid(input_spec: InputSpec) -> bool:
    """Return whether examples have height and width, as two-dimensional convolutions need."""
    return len(input_spec.shape) == 3


def batch_normalization(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    """Return x, batch-normalised (Ioffe & Szegedy 2015, arXiv 1502.03167).

    Keras' default momentum of 0.99 needs hundreds of steps to follow the batches. Small data have ten or twenty steps
    per epoch, so validation would use stale averages for dozens of epochs.
    """
    return keras.layers.BatchNormalization(momentum=0.9, name=name)(x)


def with_step_outputs(
    inputs: keras.KerasTensor, states: keras.KerasTensor, input_spec: InputSpec, name: str
) -> keras.Model:
    """Return a model that forecasts every future step from the state of that step, with one shared layer.

    Args:
        inputs: Symbolic input.
        states: State at every step, (batch, lookback + horizon, width).
        input_spec: Inputs and outputs of the model.
        name: Name of the model.
    """
    future_states = states[:, -input_spec.horizon :]
    outputs = keras.layers.Dense(1, name="outputs")(future_states)
    outputs = keras.layers.Reshape((input_spec.horizon,), name="steps")(outputs)
    return keras.Model(inputs, add_forecast_offset(outputs, inputs, input_spec), name=name)


def with_output_layer(
    inputs: keras.KerasTensor, features: keras.KerasTensor, input_spec: InputSpec, name: str
) -> keras.Model:
    """Return a model with an output layer on `features`.

    Args:
        inputs: Symbolic input.
        features: Representation of the inputs, (batch, width).
        input_spec: Inputs and outputs of the model.
        name: Name of the model.

    Returns:
        A model from (batch, *shape) to class probabilities (batch, classes), or to the standardised target
        (batch, 1 or horizon); a forecast is the outputs plus the forecast offset.
    """
    activation = "softmax" if input_spec.task == "classification" else "linear"
    outputs = keras.layers.Dense(input_spec.outputs, activation=activation, name="outputs")(features)
    return keras.Model(inputs, add_forecast_offset(outputs, inputs, input_spec), name=name)
