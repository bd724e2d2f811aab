"""Trained networks, stored without pickle."""

from __future__ import annotations

from kedro_datasets.tensorflow import TensorFlowModelDataset

from sakon.datasets.atomic import AtomicMixin


class KerasDataset(AtomicMixin, TensorFlowModelDataset):  # type: ignore[misc]
    """A Keras model as `.keras`, loaded in safe mode."""
