"""Figures of forecasts: error by step ahead, and examples."""

from __future__ import annotations

import numpy as np

from sakon.figures import style
from sakon.lazy import go

EXAMPLES = 3


def error_by_step(actual: np.ndarray, forecasts: dict[str, np.ndarray], unit: str) -> go.Figure:
    """Draw the error of each family by step ahead, and some forecasts with the actual values.

    Args:
        actual: Actual values, (origins, horizon).
        forecasts: Forecasts by family, (origins, horizon).
        unit: Name of the target.

    Returns:
        Above, the mean absolute error over all origins by step, a line per family; below, the forecasts from the
        first, the middle and the last origin.
    """
    title = "Forecast error by step ahead on the test set"
    if not forecasts or not len(actual):
        return style.empty_figure(title, style.NO_FAMILY)
    from plotly.subplots import make_subplots

    origins = np.unique(np.linspace(0, len(actual) - 1, EXAMPLES).astype(int))
    layout = [[{"colspan": len(origins)}, *[None] * (len(origins) - 1)], [{}] * len(origins)]
    titles = ["", *(f"forecast {origin + 1} of {len(actual)}" for origin in origins)]
    figure = make_subplots(2, len(origins), specs=layout, subplot_titles=titles, vertical_spacing=0.16)
    steps = np.arange(1, actual.shape[1] + 1)
    palette = style.family_colours(forecasts)
    for family, forecast in forecasts.items():
        line = {"line": {"color": palette[family], "width": 1.8}, "name": family, "legendgroup": family}
        errors = np.abs(forecast - actual).mean(axis=0)
        figure.add_trace(go.Scatter(x=steps, y=errors, mode="lines+markers", **line), row=1, col=1)
        for column, origin in enumerate(origins, start=1):
            figure.add_trace(go.Scatter(x=steps, y=forecast[origin], mode="lines", **line), row=2, col=column)
    for column, origin in enumerate(origins, start=1):
        line = {"line": {"color": style.INK, "width": 3}, "name": "actual", "legendgroup": "actual"}
        figure.add_trace(go.Scatter(x=steps, y=actual[origin], mode="lines", **line), row=2, col=column)
    style.deduplicate_legend(figure)
    figure.update_xaxes(title_text="Steps ahead", tick0=1)
    figure.update_yaxes(title_text=style.with_unit("Mean absolute error", unit), rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title_text=unit, row=2, col=1)
    subtitle = f"Over {len(actual)} consecutive origins (rolling-origin backtest)."
    return style.apply(figure, title, subtitle, height=760)
