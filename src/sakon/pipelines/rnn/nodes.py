"""What is the rnn's own: how its hidden state moves while it reads."""

from __future__ import annotations

import numpy as np

from sakon.lazy import Network, go, keras
from sakon.models.predict import reads_tokens, select_inputs
from sakon.models.predictions import mean_target
from sakon.problem import Examples, InputSpec

from .figures import trajectories

MOST_EXAMPLES = 150


def draw_trajectory(model: Network, validation: Examples, input_spec: InputSpec) -> go.Figure:
    """Draw the hidden state of the last recurrent layer over the steps, on its two main directions.

    Args:
        model: A trained rnn.
        validation: Examples that are read.
        input_spec: Names the classes.
    """
    shown = np.linspace(0, len(validation) - 1, min(MOST_EXAMPLES, len(validation))).astype(int)
    states = hidden_states(model, select_inputs(model, validation).x[shown])
    flat = states.reshape(-1, states.shape[-1])
    mean = flat.mean(axis=0)
    _, sizes, directions = np.linalg.svd(flat - mean, full_matrices=False)
    if len(directions) < 2:  # a single unit
        directions, sizes = np.vstack([directions, np.zeros_like(directions)]), np.append(sizes, 0.0)
    share = sizes[:2] ** 2 / max(float((sizes**2).sum()), 1e-12)
    return trajectories((states - mean) @ directions[:2].T, mean_target(validation.y[shown]), share, input_spec)


def hidden_states(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """Return what the last recurrent layer holds after every step.

    Args:
        model: A trained rnn.
        x: Examples, (rows, *shape).

    Returns:
        States in the order of reading forwards, (rows, steps, units); of a layer that reads from both
        ends, those of the forward direction. After the end of a text its last state stays.
    """
    last = next(layer for layer in reversed(model.layers) if layer.name.startswith("recurrent_"))
    forward = last.forward_layer if hasattr(last, "forward_layer") else last
    told = type(forward).from_config(forward.get_config() | {"return_sequences": True})
    read = last.input[0] if isinstance(last.input, list) else last.input  # a masked layer is given its mask too
    sequence = keras.Model(model.input, read)(x, training=False)
    told.build(sequence.shape)
    told.set_weights(forward.get_weights())
    return np.asarray(told(sequence, mask=x != 0 if reads_tokens(model) else None))
