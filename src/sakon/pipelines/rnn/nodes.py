"""Figure of the rnn: the trajectory of its hidden state."""

from __future__ import annotations

import numpy as np

from sakon.lazy import Network, go, keras
from sakon.models.predict import reads_tokens, select_inputs
from sakon.models.predictions import mean_target
from sakon.problem import Examples, InputSpec

from .figures import trajectories

MAX_EXAMPLES = 150


def draw_trajectory(model: Network, validation: Examples, input_spec: InputSpec) -> go.Figure:
    """Draw the hidden state of the last recurrent layer over the steps, on its first two principal components.

    Args:
        model: A trained rnn.
        validation: Examples to select from.
        input_spec: Its classes.
    """
    rows = np.linspace(0, len(validation) - 1, min(MAX_EXAMPLES, len(validation))).astype(int)
    states = hidden_states(model, select_inputs(model, validation).x[rows])
    flat = states.reshape(-1, states.shape[-1])
    mean = flat.mean(axis=0)
    _, sizes, directions = np.linalg.svd(flat - mean, full_matrices=False)
    if len(directions) < 2:  # a single unit
        directions, sizes = np.vstack([directions, np.zeros_like(directions)]), np.append(sizes, 0.0)
    share = sizes[:2] ** 2 / max(float((sizes**2).sum()), 1e-12)
    return trajectories((states - mean) @ directions[:2].T, mean_target(validation.y[rows]), share, input_spec)


def hidden_states(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """Return the hidden state of the last recurrent layer after every step.

    Args:
        model: A trained rnn.
        x: Examples, (rows, *shape).

    Returns:
        States, (rows, steps, units); of a bidirectional layer, those of the forward direction. Padding after the end
        of a text repeats the last state.
    """
    last = next(each for each in reversed(model.layers) if each.name.startswith("recurrent_"))
    forward = last.forward_layer if isinstance(last, keras.layers.Bidirectional) else last
    layer = type(forward).from_config(forward.get_config() | {"return_sequences": True})
    layer_input = last.input[0] if isinstance(last.input, list) else last.input  # the second is the mask
    sequence = keras.Model(model.input, layer_input)(x, training=False)
    layer.build(sequence.shape)
    layer.set_weights(forward.get_weights())
    return np.asarray(layer(sequence, mask=x != 0 if reads_tokens(model) else None))
