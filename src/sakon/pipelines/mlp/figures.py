"""Figure of the mlp."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sakon.families import family_of
from sakon.figures import style
from sakon.lazy import go

FAMILY = family_of(__name__)
MAX_POINTS = 5000
MIN_DEVIATION = 0.01


def layer_spread(weights: Mapping[str, np.ndarray], activations: Mapping[str, np.ndarray]) -> go.Figure:
    """Draw the distribution of weights and of mean activations per layer.

    Units with nearly the same activation for every example tell examples apart no more; the label has their share.

    Args:
        weights: Weights of each layer, flattened.
        activations: Activations of each hidden layer, (examples, units).
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=1, cols=2, subplot_titles=("Weights", "Mean activation of each unit"))
    rng = np.random.default_rng(0)
    for name, values in weights.items():
        sample = values if len(values) <= MAX_POINTS else rng.choice(values, MAX_POINTS, replace=False)
        figure.add_trace(go.Violin(y=sample, name=name, showlegend=False), row=1, col=1)
    for name, values in activations.items():
        constant = float((values.std(axis=0) < MIN_DEVIATION).mean())
        label = f"{name}<br>{constant:.0%} constant"
        figure.add_trace(go.Violin(y=values.mean(axis=0), name=label, showlegend=False), row=1, col=2)
    figure.update_yaxes(title_text="weight", row=1, col=1)
    figure.update_yaxes(title_text="mean activation", row=1, col=2)
    return style.apply(
        figure,
        f"{FAMILY}: weights and activations by layer",
        f"A unit is constant if its activations have a standard deviation below {MIN_DEVIATION}.",
        height=480,
    )
