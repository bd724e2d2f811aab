"""Figures of the baseline."""

from __future__ import annotations

import numpy as np

from sakon.families import family_of
from sakon.figures import style
from sakon.lazy import go, pd

FAMILY = family_of(__name__)
MAX_BARS = 25
MAX_OUTPUTS = 10


def importance(
    mean: np.ndarray, spread: np.ndarray, names: tuple[str, ...], shape: tuple[int, ...], measure: str, work: str = ""
) -> go.Figure:
    """Draw the permutation importance of every input.

    Args:
        mean: Increase of the loss when the input is shuffled, (inputs,).
        spread: Its standard deviation over repeats, (inputs,).
        names: Name of each input; empty for pixels and time steps.
        shape: Shape of one example; an image's importance is drawn as a map.
        measure: Name of the increase, such as `increase of log_loss`.
        work: How many examples and shuffles the increase is the mean of, as a sentence.

    Returns:
        Bars for named inputs, else a map.
    """
    title = f"{FAMILY}: permutation importance of the inputs"
    subtitle = f"Increase of the loss on validation when one input is shuffled. {work}"
    if not names:
        heatmap = go.Heatmap(z=_as_map(mean, shape)[::-1], colorscale="Viridis", colorbar={"title": measure})
        figure = go.Figure(heatmap).update_xaxes(visible=False, constrain="domain")
        return style.apply(figure.update_yaxes(visible=False, scaleanchor="x"), title, subtitle)
    order = np.argsort(mean)[-MAX_BARS:]
    labels = [style.shorten(names[i], 40) for i in order]
    errors = {"array": spread[order]}
    bars = go.Bar(x=mean[order], y=labels, error_x=errors, orientation="h", marker={"color": style.VALIDATION})
    figure = go.Figure(bars).update_xaxes(title_text=f"{measure} when shuffled").update_yaxes(automargin=True)
    return style.apply(figure, title, subtitle, height=180 + 20 * len(order))


def coefficients(table: pd.DataFrame, shape: tuple[int, ...]) -> go.Figure:
    """Draw the coefficients of the linear model: red raises the output, blue lowers it.

    Args:
        table: Columns `output`, `input`, `coefficient`, in order of the inputs.
        shape: Shape of one example; coefficients of images are drawn as one map per output.

    Returns:
        Maps for images, else the inputs with the largest coefficients as bars by output.
    """
    title = f"{FAMILY}: coefficients of the linear model"
    by_output = {str(name): rows for name, rows in table.groupby("output", sort=False)}
    drawn = dict(list(by_output.items())[:MAX_OUTPUTS])
    subtitle = f"The first {MAX_OUTPUTS} of {len(by_output)} outputs." if len(by_output) > MAX_OUTPUTS else ""
    if len(shape) > 1:
        return _maps(drawn, shape, title, subtitle or "Red inputs raise the output of a class, blue inputs lower it.")
    largest = (
        table.assign(size=table["coefficient"].abs()).groupby("input")["size"].max().nlargest(MAX_BARS).index[::-1]
    )
    figure = go.Figure()
    for name, rows in drawn.items():
        values = rows.set_index("input")["coefficient"].reindex(largest)
        figure.add_trace(go.Bar(x=values, y=[style.shorten(str(i), 40) for i in largest], name=name, orientation="h"))
    figure.update_xaxes(title_text="coefficient (per standard deviation of the input)").update_yaxes(automargin=True)
    height = 180 + (12 + 8 * len(drawn)) * len(largest)
    return style.apply(figure, title, subtitle, height=height, showlegend=len(drawn) > 1)


def _maps(by_output: dict[str, pd.DataFrame], shape: tuple[int, ...], title: str, subtitle: str) -> go.Figure:
    columns = min(5, len(by_output))
    figure, height = style.subplots(list(by_output), columns, 190, gap=30)
    limit = max(float(rows["coefficient"].abs().max()) for rows in by_output.values())
    for i, rows in enumerate(by_output.values()):
        grid = _as_map(rows["coefficient"].to_numpy(), shape)[::-1]
        heatmap = go.Heatmap(z=grid, zmin=-limit, zmax=limit, colorscale="RdBu_r", showscale=i == 0)
        figure.add_trace(heatmap, **style.subplot_position(i, columns))
    figure.update_xaxes(visible=False).update_yaxes(visible=False)
    return style.apply(figure, title, subtitle, height=height)


def _as_map(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return (height, width) or (steps, channels): colours summed."""
    return values.reshape(shape).sum(axis=-1) if len(shape) > 2 else values.reshape(shape[0], -1)
