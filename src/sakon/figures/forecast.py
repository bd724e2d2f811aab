"""How far ahead forecasts hold, and what they look like."""

from __future__ import annotations

import numpy as np

from sakon.figures import style
from sakon.lazy import go

EXAMPLES = 3


def error_by_step(actual: np.ndarray, forecasts: dict[str, np.ndarray], unit: str) -> go.Figure:
    """Draw the error of every step ahead by family, and some forecasts beside what came.

    Args:
        actual: What came, (origins, horizon).
        forecasts: Forecasts of each family, (origins, horizon).
        unit: Name of the target.

    Returns:
        Mean absolute error by step, a line per family, over every origin; below, forecasts from three origins:
        the first, the middle and the last one.
    """
    title = "How far ahead forecasts hold, on the test set"
    if not forecasts or not len(actual):
        return style.empty_figure(title, "No family has been trained yet.")
    from plotly.subplots import make_subplots

    chosen = np.unique(np.linspace(0, len(actual) - 1, EXAMPLES).astype(int))
    wide = [[{"colspan": len(chosen)}, *[None] * (len(chosen) - 1)], [{}] * len(chosen)]
    titles = ["", *(f"forecast {origin + 1} of {len(actual)}" for origin in chosen)]
    figure = make_subplots(2, len(chosen), specs=wide, subplot_titles=titles, vertical_spacing=0.16)
    steps = np.arange(1, actual.shape[1] + 1)
    palette = style.family_colours(forecasts)
    for family, forecast in forecasts.items():
        look = {"line": {"color": palette[family], "width": 1.8}, "name": family, "legendgroup": family}
        errors = np.abs(forecast - actual).mean(axis=0)
        figure.add_trace(go.Scatter(x=steps, y=errors, mode="lines+markers", **look), row=1, col=1)
        for column, origin in enumerate(chosen, start=1):
            figure.add_trace(go.Scatter(x=steps, y=forecast[origin], mode="lines", **look), row=2, col=column)
    for column, origin in enumerate(chosen, start=1):
        came = {"line": {"color": style.INK, "width": 3}, "name": "what came", "legendgroup": "what came"}
        figure.add_trace(go.Scatter(x=steps, y=actual[origin], mode="lines", **came), row=2, col=column)
    style.deduplicate_legend(figure)
    figure.update_xaxes(title_text="Steps ahead", tick0=1)
    figure.update_yaxes(title_text=style.with_unit("Mean absolute error", unit), rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title_text=unit, row=2, col=1)
    subtitle = f"Over {len(actual)} origins, one after the other (rolling-origin backtest)."
    return style.apply(figure, title, subtitle, height=760)
