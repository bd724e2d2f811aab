"""The Wasserstein GAN: gradient penalty, training steps and samples."""

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


def build_network() -> Any:
    network = build(generators.TABLE, CONFIG, generators.PROBLEM)
    for optimizer, variables in network.optimized_variables():
        optimizer.build(variables)
    return network


def weights_of(model: keras.Model) -> list[np.ndarray]:
    return [np.array(weight) for weight in model.weights]


def are_equal(before: list[np.ndarray], after: list[np.ndarray]) -> bool:
    return all(np.array_equal(earlier, later) for earlier, later in zip(before, after, strict=True))


def test_penalty_of_unit_gradients_is_0() -> None:
    x = np.random.default_rng(0).normal(size=(9, 2, 3)).astype(np.float32)
    direction = np.random.default_rng(1).normal(size=(2, 3)).astype(np.float32)
    direction /= np.linalg.norm(direction)

    def critic(inputs: list[Any], training: bool = False) -> Any:
        return keras.ops.sum(inputs[0] * direction, axis=(1, 2))[:, None]

    def steep_critic(inputs: list[Any], training: bool = False) -> Any:
        return 3 * critic(inputs)

    x = keras.ops.convert_to_tensor(x)
    assert float(gradient_penalty(critic, x, None)) == pytest.approx(0, abs=1e-10)
    assert float(gradient_penalty(steep_critic, x, None)) == pytest.approx(4, rel=1e-5)


def test_each_step_updates_either_critic_or_generator() -> None:
    network, examples = build_network(), generators.make_examples(0, 16)
    real, condition = network.to_working_space(examples.x), network.encode_targets(examples.y)
    generator, critic, average = (
        weights_of(network.generator),
        weights_of(network.critic),
        weights_of(network.ema_generator),
    )
    network.train_critic(real, condition)
    assert are_equal(generator, weights_of(network.generator))
    assert are_equal(average, weights_of(network.ema_generator))
    assert not are_equal(critic, weights_of(network.critic))
    critic = weights_of(network.critic)
    network.train_generator(condition)
    assert are_equal(critic, weights_of(network.critic))
    assert not are_equal(generator, weights_of(network.generator))
    assert not are_equal(average, weights_of(network.ema_generator))


def test_critic_loss_is_equation_3() -> None:
    network, examples = build_network(), generators.make_examples(0, 16)
    network.penalty = 0.0
    condition = network.encode_targets(examples.y)
    state = np.array(network.noise_seed.state)
    loss, distance = network.train_critic(network.to_working_space(examples.x), condition)
    assert float(loss) == pytest.approx(-float(distance))
    assert not np.array_equal(state, np.array(network.noise_seed.state))


def test_validation_is_deterministic_and_changes_no_weights() -> None:
    network, examples = build_network(), generators.make_examples(0, 16)
    network.prepare(examples, 1)
    before, losses = weights_of(network), []
    for _ in range(2):
        network.reset_metrics()
        network.validation_step((examples.x, examples.y))
        losses.append(float(network.validation_results()["loss"]))
    assert losses[0] == losses[1]
    assert are_equal(before, weights_of(network))


def test_samples_depend_on_the_class(tmp_path: Path) -> None:
    changes = {"epochs": 60, "units": (32, 32), "batch_size": 60, "critic_steps": 4, "learning_rate": 0.001}
    config = CONFIG.model_copy(update=changes | {"patience": 60})
    network, history = generators.train(build, config, tmp_path, rows=300)
    assert isinstance(network, ConditionalGAN)
    assert history["val_loss"].min() < 0.5 * history["val_loss"].iloc[0]
    samples = network.sample(np.repeat([0, 1], 200).astype(np.int32), seed=0)
    assert samples[:200, 0].mean() < -0.3  # the sign of the first input is the class
    assert samples[200:, 0].mean() > 0.3


def test_resumed_equals_undisturbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generators.check_resumed_equals_undisturbed(build, CONFIG, tmp_path, monkeypatch)


@pytest.mark.parametrize(("shape", "task"), generators.SHAPES_AND_TASKS)
def test_samples_of_every_shape_survive_save_and_load(shape: tuple[int, ...], task: str, tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"epochs": 1})
    generators.check_samples_survive_save_and_load(build, config, generators.make_spec(shape, task), tmp_path)
