"""The forecast offset: the mean of the target over the lookback steps, which networks add to their outputs.

Networks learn the difference from this level, so they can predict levels that train does not contain (Smyl 2020, doi
10.1016/j.ijforecast.2019.03.017, removes the level, too). The last season as offset is worse: networks then have to
unlearn its outliers, such as holidays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sakon.lazy import keras
from sakon.problem import InputSpec


def seasonal_steps(input_spec: InputSpec) -> np.ndarray:
    """Return the lookback step that the seasonal-naive forecast repeats at each future step, (horizon,), from 0.

    If the lookback is shorter than a season, it is the last lookback step.
    """
    lookback = input_spec.shape[0] - input_spec.horizon
    season = input_spec.season if input_spec.season <= lookback else 1
    return lookback - season + np.arange(input_spec.horizon) % season


def add_forecast_offset(
    outputs: keras.KerasTensor, inputs: keras.KerasTensor, input_spec: InputSpec
) -> keras.KerasTensor:
    """Return the outputs of a network plus the forecast offset; for other tasks, the outputs.

    Args:
        outputs: Difference from the offset, (batch, outputs).
        inputs: Symbolic input of the model.
        input_spec: Inputs and outputs of the model.
    """
    if input_spec.task != "forecast":
        return outputs
    return keras.layers.Add(name="forecast")([outputs, forecast_offset(inputs, input_spec)])


def forecast_offset(x: Any, input_spec: InputSpec) -> Any:
    """Return the mean standardised target over the lookback, (rows, horizon), equal for all steps; 0 for other tasks.

    Args:
        x: Examples, (rows, *shape): an array, or the symbolic input of a model.
        input_spec: Inputs and outputs of the model.
    """
    if input_spec.task != "forecast":
        return 0
    lookback = input_spec.shape[0] - input_spec.horizon
    if isinstance(x, np.ndarray):
        return np.repeat(x[:, :lookback, 0].mean(axis=1, keepdims=True), input_spec.horizon, axis=1)
    level = keras.ops.mean(x[:, :lookback, 0], axis=1, keepdims=True)
    return keras.ops.repeat(level, input_spec.horizon, axis=1)
