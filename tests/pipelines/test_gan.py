"""The Wasserstein GAN: its penalty, whom each step moves, what it draws."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import generators
import keras
import numpy as np
import pytest

from sakon.pipelines.gan.config import Config
from sakon.pipelines.gan.layers import ConditionalGAN, gradient_penalty
from sakon.pipelines.gan.model import build

CONFIG = Config(latent=4, units=(8,), filters=(4, 8), epochs=6, batch_size=16, patience=6, learning_rate=0.01)


def network() -> Any:
    made = build(generators.TABLE, CONFIG, generators.PROBLEM)
    for optimizer, variables in made.optimized_variables():
        optimizer.build(variables)
    return made


def values(model: keras.Model) -> list[np.ndarray]:
    return [np.array(weight) for weight in model.weights]


def same(before: list[np.ndarray], after: list[np.ndarray]) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))


def test_penalty_of_unit_gradients_is_nothing() -> None:
    x = np.random.default_rng(0).normal(size=(9, 2, 3)).astype(np.float32)
    direction = np.random.default_rng(1).normal(size=(2, 3)).astype(np.float32)
    direction /= np.linalg.norm(direction)

    def critic(inputs: list[Any], training: bool = False) -> Any:
        return keras.ops.sum(inputs[0] * direction, axis=(1, 2))[:, None]

    def steep(inputs: list[Any], training: bool = False) -> Any:
        return 3 * critic(inputs)

    x = keras.ops.convert_to_tensor(x)
    assert float(gradient_penalty(critic, x, None)) == pytest.approx(0, abs=1e-10)
    assert float(gradient_penalty(steep, x, None)) == pytest.approx(4, rel=1e-5)


def test_each_step_moves_its_own_player_alone() -> None:
    made, given = network(), generators.part(0, 16)
    real, condition = made.to_working(given.x), made.encode(given.y)
    generator, critic, average = values(made.generator), values(made.critic), values(made.average)
    made.improve_critic(real, condition)
    assert same(generator, values(made.generator))
    assert same(average, values(made.average))
    assert not same(critic, values(made.critic))
    critic = values(made.critic)
    made.improve_generator(condition)
    assert same(critic, values(made.critic))
    assert not same(generator, values(made.generator))
    assert not same(average, values(made.average))


def test_critic_loss_is_equation_3() -> None:
    made, given = network(), generators.part(0, 16)
    made.penalty = 0.0
    condition = made.encode(given.y)
    state = made.noise.get_config(), np.array(made.noise.state)
    loss, distance = made.improve_critic(made.to_working(given.x), condition)
    assert float(loss) == pytest.approx(-float(distance))
    assert not np.array_equal(state[1], np.array(made.noise.state))


def test_validation_is_the_same_each_time_and_moves_nothing() -> None:
    made, given = network(), generators.part(0, 16)
    made.prepare(given, 1)
    before, found = values(made), []
    for _ in range(2):
        made.reset_metrics()
        found.append(float(made.test_step((given.x, given.y))["loss"]))
    assert found[0] == found[1]
    assert same(before, values(made))


def test_it_learns_two_halves(tmp_path: Path) -> None:
    changes = {"epochs": 60, "units": (32, 32), "batch_size": 60, "critic_steps": 4, "learning_rate": 0.001}
    config = CONFIG.model_copy(update=changes | {"patience": 60})
    made, history = generators.trained(build, config, tmp_path, rows=300)
    assert isinstance(made, ConditionalGAN)
    assert history["val_loss"].min() < 0.5 * history["val_loss"].iloc[0]
    drawn = made.sample(np.repeat([0, 1], 200).astype(np.int32), seed=0)
    assert drawn[:200, 0].mean() < -0.3  # the sign of the first input is the class
    assert drawn[200:, 0].mean() > 0.3


def test_resumed_equals_undisturbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generators.check_resumed_equals_undisturbed(build, CONFIG, tmp_path, monkeypatch)


@pytest.mark.parametrize(("shape", "task"), generators.FORMS)
def test_draws_every_shape_and_loads(shape: tuple[int, ...], task: str, tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"epochs": 1})
    generators.check_draws_after_loading(build, config, generators.of_shape(shape, task), tmp_path)
