"""Figure of the mlp: distributions of its weights and activations."""

from __future__ import annotations

import numpy as np

from sakon.lazy import Network, go, keras
from sakon.problem import Examples

from .figures import layer_spread

MAX_EXAMPLES = 512


def draw_layers(model: Network, validation: Examples) -> go.Figure:
    """Draw the distributions of the weights and activations of each layer.

    Args:
        model: A trained mlp.
        validation: Examples whose activations are drawn.
    """
    hidden = {layer.name: layer.output for layer in model.layers if layer.name.startswith("hidden_")}
    activations = keras.Model(model.input, hidden)(validation.x[:MAX_EXAMPLES])
    dense = [layer for layer in model.layers if layer.name.startswith(("dense_", "outputs"))]
    return layer_spread(
        weights={layer.name: np.asarray(layer.kernel).ravel() for layer in dense},
        activations={name: np.asarray(values) for name, values in activations.items()},
    )
