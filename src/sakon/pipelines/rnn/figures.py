"""Figure of the rnn."""

from __future__ import annotations

import numpy as np

from sakon.families import family_of
from sakon.figures import style
from sakon.lazy import go
from sakon.problem import InputSpec

FAMILY = family_of(__name__)
MAX_LINES = 3


def trajectories(paths: np.ndarray, y: np.ndarray, share: np.ndarray, input_spec: InputSpec) -> go.Figure:
    """Draw the trajectories of hidden states, one colour per class or range of the target.

    Thin lines are examples, a thick line is the mean of a class (or of a third of the targets); the point marks the
    last state, from which the network predicts.

    Args:
        paths: Hidden states on two principal components, (rows, steps, 2).
        y: Class indices or standardised targets, (rows,).
        share: Share of the variance of each component, (2,).
        input_spec: Its classes.
    """
    names, groups = _grouped(y, input_spec)
    figure = go.Figure()
    for number, name in enumerate(names):
        members = paths[groups == number]
        if not len(members):
            continue
        colour = style.class_colour(number)
        for path in members[:MAX_LINES]:
            thin = {"mode": "lines", "line": {"color": colour, "width": 1}, "opacity": 0.35, "showlegend": False}
            figure.add_trace(go.Scatter(x=path[:, 0], y=path[:, 1], legendgroup=name, hoverinfo="skip", **thin))
        figure.add_trace(_mean_trace(members.mean(axis=0), name, colour))
    for axis, variance, title in ((figure.update_xaxes, share[0], "First"), (figure.update_yaxes, share[1], "Second")):
        axis(title_text=f"{title} principal component ({variance:.0%} of the variance)")
    subtitle = "Thick: mean of a group from the first step to the last (point); thin: examples."
    return style.apply(figure, f"{FAMILY}: hidden state over the steps", subtitle, height=600)


def _mean_trace(mean: np.ndarray, name: str, colour: str) -> go.Scatter:
    """Return the mean trajectory of a group, with a point at its last step."""
    return go.Scatter(
        x=mean[:, 0],
        y=mean[:, 1],
        mode="lines+markers",
        name=name,
        legendgroup=name,
        line={"color": colour, "width": 3},
        marker={"size": [0] * (len(mean) - 1) + [11], "color": colour},
        text=[f"step {step}" for step in range(1, len(mean) + 1)],
        hovertemplate="%{text}",
    )


def _grouped(y: np.ndarray, input_spec: InputSpec) -> tuple[list[str], np.ndarray]:
    if input_spec.classes:
        return [str(label) for label in input_spec.classes], y
    low, high = np.quantile(y, [1 / 3, 2 / 3])
    return ["lowest third of the target", "middle third", "highest third"], (y > low).astype(int) + (y > high)
