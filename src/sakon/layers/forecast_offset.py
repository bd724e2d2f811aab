"""What a forecast starts from: the level of what was.

Families learn what differs from it. A level that train never reached is met so, which networks on standardised values
are bad at (Smyl 2020, doi 10.1016/j.ijforecast.2019.03.017, takes the level out, too). The last season, repeated, was
tried first: whatever was unusual in it, such as a holiday, then has to be unlearnt.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sakon.lazy import keras
from sakon.problem import InputSpec


def seasonal_steps(input_spec: InputSpec) -> np.ndarray:
    """Return the step of an example that each step to come repeats, (horizon,), from 0.

    Where the example does not reach back a season, that is the last known step.
    """
    lookback = input_spec.shape[0] - input_spec.horizon
    season = input_spec.season if input_spec.season <= lookback else 1
    return lookback - season + np.arange(input_spec.horizon) % season


def add_forecast_offset(
    outputs: keras.KerasTensor, inputs: keras.KerasTensor, input_spec: InputSpec
) -> keras.KerasTensor:
    """Return the answers of a network: its outputs, to which a forecast's anchor is added.

    Args:
        outputs: What differs from the anchor, (batch, outputs).
        inputs: Symbolic input of the model.
        input_spec: What the model reads and answers.
    """
    if input_spec.task != "forecast":
        return outputs
    return keras.layers.Add(name="forecast")([outputs, forecast_offset(inputs, input_spec)])


def forecast_offset(x: Any, input_spec: InputSpec) -> Any:
    """Return the mean target of the steps before, standardised, (rows, horizon) all alike; 0 for other tasks.

    Args:
        x: Examples, (rows, *shape): an array, or the symbolic input of a model.
        input_spec: What examples hold.
    """
    if input_spec.task != "forecast":
        return 0
    known = input_spec.shape[0] - input_spec.horizon
    if isinstance(x, np.ndarray):
        return np.repeat(x[:, :known, 0].mean(axis=1, keepdims=True), input_spec.horizon, axis=1)
    level = keras.ops.mean(x[:, :known, 0], axis=1, keepdims=True)
    return keras.ops.repeat(level, input_spec.horizon, axis=1)
