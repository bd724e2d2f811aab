"""Heavy libraries, imported on first use.

`kedro registry list` and `kedro catalog …` import every pipeline module. Those modules import heavy libraries
through this one (`from sakon.lazy import keras, pd`): Kedro can still resolve the annotations it reads to validate
parameters, and a library is imported only when a function uses it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any


class LazyModule:
    """Imports a module when one of its attributes is first read.

    Unlike `importlib.util.LazyLoader` it does not touch `sys.modules`: TensorFlow and Keras import each other and
    fail on a partly loaded module there.

    Args:
        name: Full name of the module.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)


if TYPE_CHECKING:
    from typing import TypeAlias

    import keras
    import pandas as pd
    import plotly.graph_objects as go
    from keras import Model as Network
    from sklearn.base import BaseEstimator as Estimator

    TrainedModel: TypeAlias = Network | Estimator
else:
    # Types of models in the annotations of nodes: Kedro resolves these even for `kedro catalog list`, where
    # `keras.Model` would import TensorFlow.
    Network = Estimator = TrainedModel = Any
    keras = LazyModule("keras")
    pd = LazyModule("pandas")
    go = LazyModule("plotly.graph_objects")

__all__ = ["Estimator", "Network", "TrainedModel", "go", "keras", "pd"]
