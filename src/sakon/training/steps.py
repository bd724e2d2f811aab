"""One step of training or of validation, for networks whose loss is `compute_loss`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sakon.backends import Tensor, backend
from sakon.lazy import keras

if TYPE_CHECKING:
    from keras import Model

LOSS = "loss"


def train_on_batch(network: Model, data: tuple[Tensor, ...]) -> None:
    """Update a network once by its compiled optimizer, and update its metrics.

    Args:
        network: A compiled network.
        data: (x, y), or (x, y, weight).
    """
    x, y, weight = data if len(data) == 3 else (*data, None)

    def loss() -> tuple[Tensor, Tensor]:
        outputs = network(x, training=True)
        return network.compute_loss(x=x, y=y, y_pred=outputs, sample_weight=weight, training=True), outputs

    value, outputs = backend().minimize(loss, network.optimizer, network.trainable_variables)
    _update_metrics(network, value, x, y, outputs, weight)


def test_on_batch(network: Model, data: tuple[Tensor, ...]) -> None:
    """Update the metrics of a network.

    Args:
        network: A compiled network.
        data: (x, y), or (x, y, weight).
    """
    x, y, weight = data if len(data) == 3 else (*data, None)
    outputs = network(x, training=False)
    value = network.compute_loss(x=x, y=y, y_pred=outputs, sample_weight=weight, training=False)
    _update_metrics(network, value, x, y, outputs, weight)


def build_metrics(network: Model, y: np.ndarray) -> None:
    """Create the variables of compiled metrics, which Keras otherwise creates in the first step.

    Args:
        network: A network that is compiled with a loss, and maybe with metrics.
        y: Targets, of which one is used.
    """
    outputs = keras.ops.zeros((1, *network.output_shape[1:]))
    network.compute_metrics(None, keras.ops.convert_to_tensor(y[:1]), outputs)
    network.reset_metrics()


def _update_metrics(network: Model, loss: Tensor, x: Tensor, y: Tensor, outputs: Tensor, weight: Tensor | None) -> None:
    tracker = next(metric for metric in network.metrics if metric.name == LOSS)
    tracker.update_state(loss, sample_weight=keras.ops.shape(x)[0])
    network.compute_metrics(x, y, outputs, sample_weight=weight)
