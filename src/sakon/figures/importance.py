"""Which inputs a model leans on."""

from __future__ import annotations

import numpy as np

from sakon.lazy import go

MOST_BARS = 25


def importance(
    mean: np.ndarray, spread: np.ndarray, names: tuple[str, ...], shape: tuple[int, ...], measure: str
) -> go.Figure:
    """Draw the permutation importance of every input.

    Args:
        mean: What it costs when the input is shuffled, (inputs,).
        spread: Its standard deviation over repeats, (inputs,).
        names: Name of each input; empty where inputs are places in an image or sequence.
        shape: Shape of one example; an image's importance is drawn as a map.
        measure: What a shuffled input costs, such as `rise of log-loss`.

    Returns:
        Bars for named inputs, else a map.
    """
    title = "baseline: what the chosen model leans on (permutation importance)"
    if names:
        order = np.argsort(mean)[-MOST_BARS:]
        bars = go.Bar(x=mean[order], y=[names[i] for i in order], error_x={"array": spread[order]}, orientation="h")
        figure = go.Figure(bars).update_xaxes(title_text=f"{measure} when shuffled")
        return figure.update_layout(template="plotly_white", title=title, height=150 + 20 * len(order))
    grid = mean.reshape(shape[0], -1) if len(shape) < 3 else mean.reshape(shape).sum(axis=-1)
    heatmap = go.Heatmap(z=grid[::-1], colorscale="Viridis", colorbar={"title": f"{measure}<br>when shuffled"})
    figure = go.Figure(heatmap).update_xaxes(visible=False).update_yaxes(visible=False, scaleanchor="x")
    return figure.update_layout(template="plotly_white", title=title, height=500)
