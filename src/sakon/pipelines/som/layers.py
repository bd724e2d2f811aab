"""The codebook of a self-organizing map as a Keras layer, and the search for best-matching units."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Self

import keras
import numpy as np
import tensorflow as tf

from sakon.metrics.som import Lattice


@keras.saving.register_keras_serializable(package=__package__)
class Codebook(keras.layers.Layer):  # type: ignore[misc]
    """Weights of the units of a map; called on examples, it returns their best-matching units.

    The search is exact; of units at equal distance the first is taken. The nearest unit has the largest x·w − ½‖w‖²,
    which is its squared distance without the terms that all units share (Kohonen 2013, section 4.1,
    doi 10.1016/j.neunet.2012.09.018). Missing values (NaN) are excluded.

    Args:
        lattice: Positions of the units.
        **options: Keyword arguments of `keras.layers.Layer`.
    """

    def __init__(self, lattice: Lattice, **options: Any) -> None:
        super().__init__(**options)
        self.lattice = lattice

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the weights, (units, features), all zero."""
        self.codebook = self.add_weight(
            (self.lattice.units, input_shape[-1]), name="codebook", initializer="zeros", trainable=False
        )

    def call(self, x: Any) -> Any:
        """Return the best-matching unit of each example, (batch,), int32."""
        return tf.cond(
            is_complete(x), lambda: self.best_two_units(x)[0], lambda: self.best_two_units(x, complete=False)[0]
        )

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return (batch,)."""
        return input_shape[:1]

    def compute_output_spec(self, x: Any) -> Any:
        """Return the symbolic output: unit numbers, (batch,), int32."""
        return keras.KerasTensor(x.shape[:1], dtype="int32")

    def best_two_units(self, x: Any, *, complete: bool = True) -> tuple[Any, Any]:
        """Return the nearest and the second nearest unit of each example.

        The maximum of each row of the lattice is computed first, in one pass over all similarities; then only two rows
        per example are searched. Two searches over all units would take three passes.

        Args:
            x: Examples, (batch, features), float32.
            complete: Whether no value is missing, which saves a matrix product.

        Returns:
            Two vectors (batch,), int32.
        """
        height, width = self.lattice.height, self.lattice.width
        similarities = tf.reshape(self._similarities(x, complete=complete), (-1, height, width))
        best_of_rows = tf.reduce_max(similarities, axis=2)
        row, other_rows = _pop_max(best_of_rows)
        other_row = tf.argmax(other_rows, axis=1, output_type=tf.int32)
        column, other_columns = _pop_max(tf.gather(similarities, row, batch_dims=1))
        second_column = tf.argmax(other_columns, axis=1, output_type=tf.int32)
        other_column = tf.argmax(tf.gather(similarities, other_row, batch_dims=1), axis=1, output_type=tf.int32)
        in_row, elsewhere = tf.reduce_max(other_columns, axis=1), tf.reduce_max(other_rows, axis=1)
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
        """Return the arguments of the constructor, as plain values."""
        return {**super().get_config(), "lattice": asdict(self.lattice)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return a layer with the arguments that `get_config` returned."""
        return cls(**config | {"lattice": Lattice(**config["lattice"])})

    def _similarities(self, x: Any, *, complete: bool) -> Any:
        """Return x·w − ½‖w‖² over the observed features, (batch, units)."""
        half_squares = 0.5 * tf.square(self.codebook)
        if complete:
            return tf.matmul(x, self.codebook, transpose_b=True) - tf.reduce_sum(half_squares, axis=1)
        observed = ~tf.math.is_nan(x)
        products = tf.matmul(tf.where(observed, x, 0.0), self.codebook, transpose_b=True)
        return products - tf.matmul(tf.cast(observed, x.dtype), half_squares, transpose_b=True)


def is_complete(x: Any) -> Any:
    """Return whether no value of a batch is missing, a scalar: the sum of values with a NaN is NaN."""
    return ~tf.math.is_nan(tf.reduce_sum(x))


def _pop_max(values: Any) -> tuple[Any, Any]:
    """Return the index of the maximum of each row, (batch,), and the values with the maximum replaced by −∞."""
    index = tf.argmax(values, axis=1, output_type=tf.int32)
    is_max = tf.range(values.shape[1])[None] == index[:, None]
    return index, tf.where(is_max, -np.inf, values)
