"""Gradients, compiled steps and compiled calls; the same tests run on every backend."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from sakon.backends import Tensor, backend


def number(value: Tensor) -> float:
    return float(ops.convert_to_numpy(value))


def variable(value: float, trainable: bool = True) -> keras.Variable:
    return keras.Variable(value, dtype="float32", trainable=trainable)


def sgd(*variables: keras.Variable) -> keras.optimizers.Optimizer:
    optimizer = keras.optimizers.SGD(0.5)
    optimizer.build(list(variables))
    return optimizer


def epoch_of(step: Any, results: Any, *state: keras.Variable, jit: bool = False) -> Any:
    return backend().compile_steps(step, results, lambda: list(state), jit)


def test_minimize_follows_the_gradient_and_returns_the_loss_before() -> None:
    weight, other = variable(3.0), variable(2.0)
    optimizer = sgd(weight)
    loss, rest = backend().minimize(lambda: (ops.square(weight) * other, weight + 1), optimizer, [weight])
    assert number(loss) == pytest.approx(18)
    assert number(rest) == pytest.approx(4)
    assert number(weight) == pytest.approx(3 - 0.5 * 2 * 3 * 2)
    assert number(other) == 2


def test_a_variable_that_the_loss_updates_keeps_its_new_value() -> None:
    weight, calls = variable(1.0), variable(0.0, trainable=False)

    def loss() -> tuple[Tensor, None]:
        calls.assign(calls + 1)
        return ops.square(weight), None

    backend().minimize(loss, sgd(weight), [weight])
    assert number(calls) == 1


def test_the_input_gradient_is_that_of_the_sum() -> None:
    x = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
    gradient = backend().input_gradient(lambda points: ops.sum(points**3, axis=1), x)
    np.testing.assert_allclose(ops.convert_to_numpy(gradient), 3 * x**2, rtol=1e-6)


def test_the_input_gradient_is_differentiable() -> None:
    weight, x = variable(2.0), ops.convert_to_tensor(np.array([[3.0]], np.float32))

    def penalty() -> tuple[Tensor, None]:
        gradient = backend().input_gradient(lambda points: weight**2 * points**2, x)  # 2 w^2 x
        return ops.sum(gradient), None

    backend().minimize(penalty, sgd(weight), [weight])
    assert number(weight) == pytest.approx(2 - 0.5 * 4 * 2 * 3)


@pytest.mark.parametrize("jit", [False, True])
def test_steps_run_in_order_on_their_rows(jit: bool) -> None:
    total = variable(0.0, trainable=False)

    def step(data: tuple[Tensor, ...]) -> None:
        x, y = data
        total.assign(2 * total + ops.sum(x * ops.cast(y, "float32")))

    epoch = epoch_of(step, lambda: {"total": total + 0}, total, jit=jit)
    columns = backend().place([np.arange(6, dtype=np.float32), np.array([1, 1, 1, 2, 2, 2], np.int32)])
    order = np.array([[0, 1], [5, 4], [2, 2]])
    expected = 2 * (2 * (0 + 1) + (10 + 8)) + 4
    assert epoch(columns, order) == {"total": pytest.approx(expected)}
    assert number(total) == pytest.approx(expected)
    assert epoch(columns, order[:1]) == {"total": pytest.approx(2 * expected + 1)}


def test_an_interrupted_epoch_equals_a_whole_one() -> None:
    weight, generator = variable(1.0), keras.random.SeedGenerator(3)
    optimizer = keras.optimizers.AdamW(0.01)
    optimizer.build([weight])
    state = [weight, generator.state, *optimizer.variables]

    def step(data: tuple[Tensor, ...]) -> None:
        noise = keras.random.normal((), seed=generator)
        backend().minimize(lambda: (ops.mean(ops.square(data[0] * weight - noise)), None), optimizer, [weight])

    epoch = epoch_of(step, lambda: {"weight": weight + 0}, *state)
    initial = [ops.convert_to_numpy(each).copy() for each in state]
    columns = backend().place([np.arange(8, dtype=np.float32)])
    order = np.arange(8).reshape(4, 2)
    whole = epoch(columns, order)
    for each, value in zip(state, initial, strict=True):
        each.assign(value)
    epoch(columns, order[:3])
    assert epoch(columns, order[3:]) == whole


def test_a_compiled_call_reads_the_present_values_and_any_number_of_rows() -> None:
    weight = variable(2.0)
    call = backend().compile_call(lambda x, y: x * weight + y, lambda: [weight])
    for rows in (1, 3, 8, 0):
        x = np.arange(rows, dtype=np.float32)[:, None]
        np.testing.assert_allclose(call(x, x + 1), 3 * x + 1)
    weight.assign(5.0)
    np.testing.assert_allclose(call(x[:1], x[:1]), 6 * x[:1])


def test_a_processor_has_no_memory_of_its_own() -> None:
    free = backend().free_memory()
    assert free is None or free > 0  # on a GPU


def joint_epoch(step: Any, *state: keras.Variable, columns: Any) -> Any:
    return backend().compile_joint_steps(step, lambda: {"total": state[0] + 0}, lambda: list(state), columns, rows=2)


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="other backends train lanes one after the other")
def test_lanes_run_on_their_values_and_their_rows_or_on_the_same_rows() -> None:
    total, generator = variable(5.0, trainable=False), keras.random.SeedGenerator(3)

    def step(data: tuple[Tensor, ...]) -> None:
        total.assign(2 * total + ops.sum(data[0]) + 0 * keras.random.normal((), seed=generator))

    columns = backend().place([np.arange(6, dtype=np.float32)])
    epoch = joint_epoch(step, total, generator.state, columns=columns)
    values = backend().place([np.array([0.0, 1.0], np.float32), np.array([[1, 0], [2, 4]], np.uint32)])
    values, metrics = epoch(values, columns, np.array([[[0, 1], [4, 5]], [[2, 3], [0, 0]]]))
    np.testing.assert_allclose(metrics["total"], [2 * 1 + 9, 2 * (2 + 5) + 0])
    np.testing.assert_array_equal(values[1], [[1, 2], [2, 6]])
    values, metrics = epoch(values, columns, np.array([[1, 2]]))
    np.testing.assert_allclose(metrics["total"], [2 * 11 + 3, 2 * 14 + 3])
    assert number(total) == 5, "the variable itself is not set"


def test_lanes_with_convolutions_run_one_after_the_other() -> None:
    kernel, total = keras.Variable(np.ones((2, 1, 1), np.float32)), variable(0.0, trainable=False)

    def step(data: tuple[Tensor, ...]) -> None:
        total.assign(total + ops.sum(ops.conv(data[0], kernel)))

    assert joint_epoch(step, total, kernel, columns=backend().place([np.ones((4, 3, 1), np.float32)])) is None
