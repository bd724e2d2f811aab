"""Heavy libraries, imported on first use.

`kedro registry list` and `kedro catalog …` import every pipeline module. Modules on that path take
their heavy libraries from here (`from sakon.lazy import keras, pd`): annotations still resolve when
Kedro reads them to validate parameters, and nothing is imported until something is run.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any


class _Lazy:
    """Stands for a module until one of its names is asked for.

    Unlike `importlib.util.LazyLoader` it leaves `sys.modules` alone: TensorFlow and Keras import each
    other, and stumble over a half-loaded module there.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)


if TYPE_CHECKING:
    import keras
    import pandas as pd
    import plotly.graph_objects as go
    from keras import Model as Network
else:
    # Nodes annotate models as `Network`: Kedro resolves annotations even for `kedro catalog list`, and
    # `keras.Model` would import TensorFlow there.
    Network = Any
    keras = _Lazy("keras")
    pd = _Lazy("pandas")
    go = _Lazy("plotly.graph_objects")

__all__ = ["Network", "go", "keras", "pd"]
