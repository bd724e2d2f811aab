"""Figures of the mlp's own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sakon.families import family_of
from sakon.figures import style
from sakon.lazy import go

FAMILY = family_of(__name__)
MOST_POINTS = 5000


def layer_spread(weights: Mapping[str, np.ndarray], activations: Mapping[str, np.ndarray]) -> go.Figure:
    """Draw the distribution of weights and of mean activations per layer.

    Units whose activation is zero for every example learn nothing more; their share is in the label.

    Args:
        weights: Weights of each layer, flattened.
        activations: Activations of each hidden layer, (examples, units).
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=1, cols=2, subplot_titles=("Weights", "Mean activation of each unit"))
    rng = np.random.default_rng(0)
    for name, values in weights.items():
        shown = values if len(values) <= MOST_POINTS else rng.choice(values, MOST_POINTS, replace=False)
        figure.add_trace(go.Violin(y=shown, name=name, showlegend=False), row=1, col=1)
    for name, values in activations.items():
        dead = float((values <= 0).all(axis=0).mean())
        label = f"{name}<br>{dead:.0%} dead"
        figure.add_trace(go.Violin(y=values.mean(axis=0), name=label, showlegend=False), row=1, col=2)
    figure.update_yaxes(title_text="weight", row=1, col=1)
    figure.update_yaxes(title_text="mean activation", row=1, col=2)
    return style.apply(
        figure, f"{FAMILY}: what its layers hold", "A unit is dead if it answers 0 to every example.", height=480
    )
