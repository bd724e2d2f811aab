"""Draws that are the same at every call, and follow the variable of the generator."""

from __future__ import annotations

import keras
import numpy as np

from sakon.backends import backend
from sakon.layers.fixed_seed import FixedSeed

SHAPE = (4, 2)


def draw(seed: int | keras.random.SeedGenerator) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(keras.random.normal(SHAPE, seed=seed)))


def test_draws_equal_those_of_the_number_whatever_the_generator_drew() -> None:
    generator = keras.random.SeedGenerator(2**31 - 1)
    for _ in range(2):
        np.testing.assert_array_equal(draw(FixedSeed(generator)), draw(2**31 - 1))
        draw(generator)
    generator = keras.random.SeedGenerator(7)
    np.testing.assert_array_equal(draw(FixedSeed(generator, 3)), draw(10))


def test_the_generator_is_not_changed() -> None:
    generator = keras.random.SeedGenerator(7)
    draw(FixedSeed(generator))
    np.testing.assert_array_equal(draw(generator), draw(keras.random.SeedGenerator(7)))


def test_compiled_draws_follow_the_variable() -> None:
    generator = keras.random.SeedGenerator(7)
    call = backend().compile_call(
        lambda x: x + keras.random.normal(SHAPE, seed=FixedSeed(generator)), lambda: [generator.state]
    )
    zeros = np.zeros(SHAPE, np.float32)
    call(zeros)
    generator.state.assign(keras.random.SeedGenerator(8).state)
    np.testing.assert_allclose(call(zeros), draw(8), rtol=1e-6)
