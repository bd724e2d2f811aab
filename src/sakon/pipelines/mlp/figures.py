"""Figure of the mlp."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sakon.families import family_of
from sakon.figures import style
from sakon.lazy import go

FAMILY = family_of(__name__)
MAX_POINTS = 5000


def layer_spread(weights: Mapping[str, np.ndarray], activations: Mapping[str, np.ndarray]) -> go.Figure:
    """Draw the distribution of weights and of mean activations per layer.

    Units with activation 0 for every example (dead units) have no gradient; the label has their share.

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
        dead = float((values <= 0).all(axis=0).mean())
        label = f"{name}<br>{dead:.0%} dead"
        figure.add_trace(go.Violin(y=values.mean(axis=0), name=label, showlegend=False), row=1, col=2)
    figure.update_yaxes(title_text="weight", row=1, col=1)
    figure.update_yaxes(title_text="mean activation", row=1, col=2)
    return style.apply(
        figure,
        f"{FAMILY}: weights and activations by layer",
        "A unit is dead if its activation is 0 for every example.",
        height=480,
    )
