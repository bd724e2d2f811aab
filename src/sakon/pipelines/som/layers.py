"""The codebook of a map as a Keras layer: what it holds, and which units fit an example best."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Self

import keras
import numpy as np
import tensorflow as tf

from sakon.metrics.som import Lattice


@keras.saving.register_keras_serializable(package=__package__)
class Codebook(keras.layers.Layer):  # type: ignore[misc]
    """Weights of the units of a map; called on examples, it answers their best-matching units.

    The search is exact and of units equally near the first counts. Distances are compared as
    x·w − ½‖w‖², which leaves out what all units share (Kohonen 2013, section 4.1,
    doi 10.1016/j.neunet.2012.09.018). Missing values (NaN) take no part.

    Args:
        lattice: Where the units stand.
        **options: Of every layer.
    """

    def __init__(self, lattice: Lattice, **options: Any) -> None:
        super().__init__(**options)
        self.lattice = lattice

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the weights, (units, features), zeros at first."""
        self.codebook = self.add_weight(
            (self.lattice.units, input_shape[-1]), name="codebook", initializer="zeros", trainable=False
        )

    def call(self, x: Any) -> Any:
        """Return the best-matching unit of each example, (batch,), int32."""
        return tf.cond(is_complete(x), lambda: self.two_best(x)[0], lambda: self.two_best(x, complete=False)[0])

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return (batch,)."""
        return input_shape[:1]

    def compute_output_spec(self, x: Any) -> Any:
        """Return what an answer looks like: unit numbers."""
        return keras.KerasTensor(x.shape[:1], dtype="int32")

    def two_best(self, x: Any, *, complete: bool = True) -> tuple[Any, Any]:
        """Return the nearest and the second nearest unit of each example.

        The best of each row of the lattice is found first: one pass over the distances, where two
        plain searches for the maximum take three. All that is left is a row or two per example.

        Args:
            x: (batch, features), float32.
            complete: Whether no value is missing, which saves a second product.

        Returns:
            Two vectors (batch,), int32.
        """
        height, width = self.lattice.height, self.lattice.width
        likeness = tf.reshape(self._likeness(x, complete=complete), (-1, height, width))
        best_of_rows = tf.reduce_max(likeness, axis=2)
        row, others = _taken_out(best_of_rows)
        other_row = tf.argmax(others, axis=1, output_type=tf.int32)
        column, rest = _taken_out(tf.gather(likeness, row, batch_dims=1))
        second_column = tf.argmax(rest, axis=1, output_type=tf.int32)
        other_column = tf.argmax(tf.gather(likeness, other_row, batch_dims=1), axis=1, output_type=tf.int32)
        in_row, elsewhere = tf.reduce_max(rest, axis=1), tf.reduce_max(others, axis=1)
        same_row = (in_row > elsewhere) | ((in_row == elsewhere) & (row < other_row))
        second = tf.where(same_row, row * width + second_column, other_row * width + other_column)
        return row * width + column, second

    def difference(self, x: Any, unit: Any, *, complete: bool = True) -> Any:
        """Return x − w of the observed features, scaled so that its norm is the distance, (batch, features)."""
        if complete:
            return x - tf.gather(self.codebook, unit)
        observed = ~tf.math.is_nan(x)
        share = tf.reduce_mean(tf.cast(observed, x.dtype), axis=1, keepdims=True)
        difference = tf.where(observed, x - tf.gather(self.codebook, unit), 0.0)
        return difference * tf.math.rsqrt(tf.maximum(share, 1 / x.shape[-1]))

    def get_config(self) -> dict[str, Any]:
        """Return what the layer is made from."""
        return {**super().get_config(), "lattice": asdict(self.lattice)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Make the layer from what `get_config` returned."""
        return cls(**config | {"lattice": Lattice(**config["lattice"])})

    def _likeness(self, x: Any, *, complete: bool) -> Any:
        """Return x·w − ½‖w‖² over the observed features, (batch, units)."""
        half_squares = 0.5 * tf.square(self.codebook)
        if complete:
            return tf.matmul(x, self.codebook, transpose_b=True) - tf.reduce_sum(half_squares, axis=1)
        observed = ~tf.math.is_nan(x)
        products = tf.matmul(tf.where(observed, x, 0.0), self.codebook, transpose_b=True)
        return products - tf.matmul(tf.cast(observed, x.dtype), half_squares, transpose_b=True)


def is_complete(x: Any) -> Any:
    """Say whether no value of a batch is missing, a scalar: a sum with a missing value is missing itself."""
    return ~tf.math.is_nan(tf.reduce_sum(x))


def _taken_out(values: Any) -> tuple[Any, Any]:
    """Return the index of each row's largest value, (batch,), and the values with it replaced by −∞."""
    index = tf.argmax(values, axis=1, output_type=tf.int32)
    largest = tf.range(values.shape[1])[None] == index[:, None]
    return index, tf.where(largest, -np.inf, values)
