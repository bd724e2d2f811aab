"""Heavy libraries, imported on first use.

`kedro registry list` and `kedro catalog …` import every pipeline module. Modules on that path take
their heavy libraries from here (`from sakon.lazy import keras, pd`): annotations still resolve when
Kedro reads them to validate parameters, and nothing is imported until something is run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras
    import pandas as pd
    import plotly.graph_objects as go
    import sklearn
else:
    import lazy_loader

    keras = lazy_loader.load("keras")
    pd = lazy_loader.load("pandas")
    go = lazy_loader.load("plotly.graph_objects", suppress_warning=True)
    sklearn = lazy_loader.load("sklearn")

__all__ = ["go", "keras", "pd", "sklearn"]
