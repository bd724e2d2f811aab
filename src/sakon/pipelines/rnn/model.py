"""A recurrent network."""

from __future__ import annotations

from sakon.families import family_of
from sakon.layers.adapters import sequence_input, with_output_layer, with_step_outputs
from sakon.lazy import Network, keras
from sakon.problem import InputSpec, Problem
from sakon.training.compiling import adamw, compile_for_task

from .config import Config

CELLS = {"simple": "SimpleRNN", "lstm": "LSTM", "gru": "GRU"}


def build(input_spec: InputSpec, config: Config, problem: Problem) -> Network:
    """Return a compiled recurrent network: it predicts from the last state; forecasts use the state of each step.

    Args:
        input_spec: Inputs and outputs of the model.
        config: Cell, widths, directions, normalisation, dropout.
        problem: Its seed, which the initial weights depend on.

    Example:
        >>> model = build(input_spec, Config(cell="lstm", units=(64,)), problem)
    """
    keras.utils.set_random_seed(problem.seed)
    optimizer = adamw(config.learning_rate, config.weight_decay)
    inputs, x = sequence_input(input_spec, config.embedding, masked=True)
    for number, units in enumerate(config.units, start=1):
        return_sequences = number < len(config.units) or input_spec.horizon > 0
        x = _recurrent(units, config, number, return_sequences)(x)
        if config.layer_normalisation:
            x = keras.layers.LayerNormalization(name=f"normalisation_{number}")(x)
        x = keras.layers.Dropout(config.dropout, name=f"dropout_{number}")(x)
    head = with_step_outputs if input_spec.horizon else with_output_layer
    return compile_for_task(head(inputs, x, input_spec, name=family_of(__name__)), input_spec, optimizer)


def _recurrent(units: int, config: Config, number: int, return_sequences: bool) -> keras.layers.Layer:
    name = f"recurrent_{number}"
    layer = getattr(keras.layers, CELLS[config.cell])(units, return_sequences=return_sequences, name=name)
    return keras.layers.Bidirectional(layer, name=name) if config.bidirectional else layer
