"""Diffusion: its schedule, its sampler against closed forms, its guidance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import generators
import keras
import numpy as np
import pytest

from sakon.pipelines.diffusion.config import Config
from sakon.pipelines.diffusion.layers import ConditionalDiffusion, cosine_schedule, time_features
from sakon.pipelines.diffusion.model import build
from sakon.problem import InputSpec

CONFIG = Config(units=8, blocks=1, filters=(4, 8), sampling_steps=5, epochs=6, batch_size=16, patience=6)


class Ideal:
    """The velocity that is best for data N(mean, sd²), in closed form; it finds the level by the features."""

    def __init__(self, mean: float, sd: float, levels: int) -> None:
        self.mean, self.sd = mean, sd
        self.kept = cosine_schedule(levels)
        self.features = np.asarray(time_features(np.arange(levels + 1), levels))

    def __call__(self, inputs: list[Any], training: bool = False) -> Any:
        x, features, _ = (np.asarray(each, dtype=np.float64) for each in inputs)
        kept = self.kept[int(np.abs(self.features - features[0]).sum(axis=1).argmin())]
        signal, spoilt = np.sqrt(kept), np.sqrt(1 - kept)
        noise = spoilt * (x - signal * self.mean) / (kept * self.sd**2 + spoilt**2)
        clean = self.mean + signal * self.sd**2 * (x - signal * self.mean) / (kept * self.sd**2 + spoilt**2)
        return keras.ops.convert_to_tensor((signal * noise - spoilt * clean).astype(np.float32))


def tensor(values: np.ndarray) -> Any:
    return keras.ops.convert_to_tensor(np.asarray(values, np.float32))


def network(**changes: Any) -> Any:
    return build(generators.TABLE, CONFIG.model_copy(update=changes), generators.PROBLEM)


def drawn_by_hand(made: Any, start: np.ndarray, condition: np.ndarray) -> np.ndarray:
    x = keras.ops.convert_to_tensor(start)
    for index in range(made.sampling_steps):
        x = made._step(x, index, condition)
    return np.asarray(x)


def with_ideal(mean: float, sd: float, steps: int) -> Any:
    made = network(sampling_steps=steps, noise_levels=200)
    object.__setattr__(made, "average", Ideal(mean, sd, 200))
    return made


def test_schedule_falls_from_signal_to_noise() -> None:
    for levels in (2, 50, 1000):
        kept = cosine_schedule(levels)
        assert kept.shape == (levels + 1,)
        assert kept[0] == 1
        assert (np.diff(kept) < 0).all()
        assert (1 - kept[1:] / kept[:-1]).max() <= 0.999 + 1e-12
        assert 0 <= kept[-1] < 1e-3
    middle = np.cos((0.5 + 0.008) / 1.008 * np.pi / 2) ** 2 / np.cos(0.008 / 1.008 * np.pi / 2) ** 2
    assert cosine_schedule(1000)[500] == pytest.approx(middle, rel=1e-9)  # equation 17


def test_ddim_recovers_a_point() -> None:
    start = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    drawn = drawn_by_hand(with_ideal(1.7, 0.0, 20), start, np.zeros((20, 2), np.float32))
    np.testing.assert_allclose(drawn, 1.7, atol=1e-4)


def test_ddim_recovers_a_gaussian() -> None:
    start = np.random.default_rng(0).normal(size=(500, 4)).astype(np.float32)
    drawn = drawn_by_hand(with_ideal(-0.5, 0.6, 100), start, np.zeros((500, 2), np.float32))
    np.testing.assert_allclose(drawn, -0.5 + 0.6 * start, atol=0.03, rtol=0.02)  # the flow of a Gaussian is linear


def test_errors_of_the_ideal_point_vanish() -> None:
    made = with_ideal(1.7, 0.0, 5)
    noise = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)
    time = np.full(8, 90)
    loss, noise_error = made.errors(made.average, np.full((8, 4), 1.7, np.float32), time, noise, np.zeros((8, 2)))
    assert float(loss) == pytest.approx(0, abs=1e-6)
    assert float(noise_error) == pytest.approx(0, abs=1e-6)


def test_noise_error_is_that_of_the_noise() -> None:
    made, given = network(), generators.part(0, 8)
    noise = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)
    time, condition = np.arange(100, 900, 100), made.encode(given.y)
    _, found = made.errors(made.average, tensor(given.x), time, tensor(noise), condition)
    kept = made.kept_signal[time][:, None]
    noisy = tensor(np.sqrt(kept) * given.x + np.sqrt(1 - kept) * noise)
    _, seen = made.predicted(noisy, time, condition)
    assert float(found) == pytest.approx(float(np.mean((np.asarray(seen) - noise) ** 2)), rel=1e-4)


def test_guidance_moves_away_from_what_is_seen_without_the_target() -> None:
    rng = np.random.default_rng(0)
    made, noisy = network(), tensor(rng.normal(size=(6, 4)))
    made.average.set_weights([rng.normal(size=weight.shape) for weight in made.average.get_weights()])
    time, condition = np.full(6, 500), made.encode(np.array([0, 1, 0, 1, 0, 1]))
    _, told = made.predicted(noisy, time, condition)
    _, untold = made.predicted(noisy, time, keras.ops.zeros_like(condition))
    made.guidance = 0.7
    _, guided = made.predicted(noisy, time, condition)
    assert not np.allclose(told, untold)
    np.testing.assert_allclose(guided, 1.7 * np.asarray(told) - 0.7 * np.asarray(untold), rtol=1e-3, atol=1e-4)


def test_images_stay_in_their_range() -> None:
    spec = InputSpec(kind="image", task="classification", shape=(6, 6, 1), classes=(0, 1))
    made = build(spec, CONFIG, generators.PROBLEM)
    noisy = tensor(5 * np.random.default_rng(0).normal(size=(3, 6, 6, 1)))
    time = np.array([3, 400, 900])
    clean, noise = made.predicted(noisy, time, made.encode(np.array([0, 1, 0])))
    assert np.abs(clean).max() <= 1
    signal, spoilt = made.shares(time)
    np.testing.assert_allclose(signal * clean + spoilt * noise, noisy, rtol=1e-3, atol=1e-3)


def test_a_strip_ends_in_the_sample() -> None:
    made, y = network(), np.array([0, 1, 1], np.int32)
    kept, seen = made.strip(y, seed=4, stops=3)
    assert kept[-1] == 1
    assert seen.shape == (3, 3, 4)
    np.testing.assert_allclose(seen[-1], made.sample(y, seed=4), atol=1e-5)


def test_validation_is_the_same_each_time_and_moves_nothing() -> None:
    made, given = network(), generators.part(0, 16)
    before, found = made.get_weights(), []
    for _ in range(2):
        made.reset_metrics()
        found.append(float(made.test_step((given.x, given.y))["loss"]))
    assert found[0] == found[1]
    for one, other in zip(before, made.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_it_learns_two_halves(tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"epochs": 80, "units": 32, "learning_rate": 0.01, "patience": 80})
    config = config.model_copy(update={"decay": 0.9, "sampling_steps": 20})
    made, history = generators.trained(build, config, tmp_path)
    assert isinstance(made, ConditionalDiffusion)
    assert history["val_loss"].iloc[-1] < history["val_loss"].iloc[0]
    drawn = made.sample(np.repeat([0, 1], 200).astype(np.int32), seed=0)
    assert drawn[:200, 0].mean() < -0.3  # the sign of the first input is the class
    assert drawn[200:, 0].mean() > 0.3


def test_resumed_equals_undisturbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generators.check_resumed_equals_undisturbed(build, CONFIG, tmp_path, monkeypatch)


@pytest.mark.parametrize(("shape", "task"), generators.FORMS)
def test_draws_every_shape_and_loads(shape: tuple[int, ...], task: str, tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"epochs": 1, "guidance": 0.5})
    generators.check_draws_after_loading(build, config, generators.of_shape(shape, task), tmp_path)
