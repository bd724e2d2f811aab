"""The diffusion model: noise schedule, sampler compared with closed forms, guidance, training."""

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


class OptimalDenoiser:
    """Predicts the optimal velocity for data N(mean, sd²) in closed form; finds the noise level by the features."""

    def __init__(self, mean: float, sd: float, levels: int) -> None:
        self.mean, self.sd = mean, sd
        self.alpha_bar = cosine_schedule(levels)
        self.features = keras.ops.convert_to_numpy(time_features(np.arange(levels + 1), levels))
        self.variables: list[keras.Variable] = []

    def __call__(self, inputs: list[Any], training: bool = False) -> Any:
        x, features, _ = (to_tensor(each) for each in inputs)
        differences = keras.ops.sum(keras.ops.abs(features[:, None] - to_tensor(self.features)[None]), axis=-1)
        alpha_bar = keras.ops.take(to_tensor(self.alpha_bar), keras.ops.argmin(differences, axis=1))[:, None]
        signal_rate, noise_rate = keras.ops.sqrt(alpha_bar), keras.ops.sqrt(1 - alpha_bar)
        deviation, variance = x - signal_rate * self.mean, alpha_bar * self.sd**2 + noise_rate**2
        noise = noise_rate * deviation / variance
        clean = self.mean + signal_rate * self.sd**2 * deviation / variance
        return signal_rate * noise - noise_rate * clean


def to_tensor(values: np.ndarray) -> Any:
    return keras.ops.convert_to_tensor(values, "float32")


def build_network(**changes: Any) -> Any:
    return build(generators.TABLE, CONFIG.model_copy(update=changes), generators.PROBLEM)


def sample_from(network: Any, start: np.ndarray) -> np.ndarray:
    return np.asarray(network.generate(np.zeros(len(start), np.float32), start))


def build_with_optimal_denoiser(mean: float, sd: float, steps: int) -> Any:
    network = build_network(sampling_steps=steps, noise_levels=200)
    object.__setattr__(network, "ema_denoiser", OptimalDenoiser(mean, sd, 200))
    return network


def test_schedule_falls_from_signal_to_noise() -> None:
    for levels in (2, 50, 1000):
        alpha_bar = cosine_schedule(levels)
        assert alpha_bar.shape == (levels + 1,)
        assert alpha_bar[0] == 1
        assert (np.diff(alpha_bar) < 0).all()
        assert (1 - alpha_bar[1:] / alpha_bar[:-1]).max() <= 0.999 + 1e-12
        assert 0 <= alpha_bar[-1] < 1e-3
    middle = np.cos((0.5 + 0.008) / 1.008 * np.pi / 2) ** 2 / np.cos(0.008 / 1.008 * np.pi / 2) ** 2
    assert cosine_schedule(1000)[500] == pytest.approx(middle, rel=1e-9)  # equation 17


def test_ddim_samples_of_a_constant_are_exact() -> None:
    start = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    samples = sample_from(build_with_optimal_denoiser(1.7, 0.0, 20), start)
    np.testing.assert_allclose(samples, 1.7, atol=1e-4)


def test_ddim_samples_of_a_gaussian_follow_its_flow() -> None:
    start = np.random.default_rng(0).normal(size=(500, 4)).astype(np.float32)
    samples = sample_from(build_with_optimal_denoiser(-0.5, 0.6, 100), start)
    np.testing.assert_allclose(samples, -0.5 + 0.6 * start, atol=0.03, rtol=0.02)  # the flow of a Gaussian is linear


def test_errors_of_the_optimal_denoiser_are_0() -> None:
    network = build_with_optimal_denoiser(1.7, 0.0, 5)
    noise = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)
    time = np.full(8, 90)
    clean, condition = np.full((8, 4), 1.7, np.float32), np.zeros((8, 2))
    loss, noise_error = network.denoising_errors(network.ema_denoiser, clean, time, noise, condition)
    assert float(loss) == pytest.approx(0, abs=1e-6)
    assert float(noise_error) == pytest.approx(0, abs=1e-6)


def test_noise_error_equals_the_error_of_the_predicted_noise() -> None:
    network, examples = build_network(), generators.make_examples(0, 8)
    noise = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)
    time, condition = np.arange(100, 900, 100), network.encode_targets(examples.y)
    clean = to_tensor(examples.x)
    _, noise_error = network.denoising_errors(network.ema_denoiser, clean, time, to_tensor(noise), condition)
    alpha_bar = network.alpha_bar[time][:, None]
    noisy = to_tensor(np.sqrt(alpha_bar) * examples.x + np.sqrt(1 - alpha_bar) * noise)
    _, predicted_noise = network.denoise(noisy, time, condition)
    assert float(noise_error) == pytest.approx(float(np.mean((np.asarray(predicted_noise) - noise) ** 2)), rel=1e-4)


def test_guidance_extrapolates_from_the_unconditional_prediction() -> None:
    rng = np.random.default_rng(0)
    network, noisy = build_network(), to_tensor(rng.normal(size=(6, 4)))
    weights = network.ema_denoiser.get_weights()
    network.ema_denoiser.set_weights([rng.normal(size=weight.shape) for weight in weights])
    time, condition = np.full(6, 500), network.encode_targets(np.array([0, 1, 0, 1, 0, 1]))
    _, conditional = network.denoise(noisy, time, condition)
    _, unconditional = network.denoise(noisy, time, keras.ops.zeros_like(condition))
    network.guidance = 0.7
    _, guided = network.denoise(noisy, time, condition)
    assert not np.allclose(conditional, unconditional)
    expected = 1.7 * np.asarray(conditional) - 0.7 * np.asarray(unconditional)
    np.testing.assert_allclose(guided, expected, rtol=1e-3, atol=1e-4)


def test_predicted_images_are_clipped_and_consistent_with_the_noise() -> None:
    spec = InputSpec(kind="image", task="classification", shape=(6, 6, 1), classes=(0, 1))
    network = build(spec, CONFIG, generators.PROBLEM)
    noisy = to_tensor(5 * np.random.default_rng(0).normal(size=(3, 6, 6, 1)))
    time = np.array([3, 400, 900])
    clean, noise = network.denoise(noisy, time, network.encode_targets(np.array([0, 1, 0])))
    assert np.abs(clean).max() <= 1
    signal_rate, noise_rate = network.diffusion_rates(time)
    np.testing.assert_allclose(signal_rate * clean + noise_rate * noise, noisy, rtol=1e-3, atol=1e-3)


def test_denoising_steps_end_in_the_sample() -> None:
    network, y = build_network(), np.array([0, 1, 1], np.int32)
    signal, samples = network.denoising_steps(y, seed=4, steps=3)
    assert signal[-1] == 1
    assert samples.shape == (3, 3, 4)
    np.testing.assert_allclose(samples[-1], network.sample(y, seed=4), atol=1e-5)


def test_validation_is_deterministic_and_changes_no_weights() -> None:
    network, examples = build_network(), generators.make_examples(0, 16)
    before, losses = network.get_weights(), []
    for _ in range(2):
        network.reset_metrics()
        network.validation_step((examples.x, examples.y))
        losses.append(float(network.validation_results()["loss"]))
    assert losses[0] == losses[1]
    for earlier, later in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(earlier, later)


def test_samples_depend_on_the_class(tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"epochs": 80, "units": 32, "learning_rate": 0.01, "patience": 80})
    config = config.model_copy(update={"decay": 0.9, "sampling_steps": 20})
    network, history = generators.train(build, config, tmp_path)
    assert isinstance(network, ConditionalDiffusion)
    assert history["val_loss"].iloc[-1] < history["val_loss"].iloc[0]
    samples = network.sample(np.repeat([0, 1], 200).astype(np.int32), seed=0)
    assert samples[:200, 0].mean() < -0.3  # the sign of the first input is the class
    assert samples[200:, 0].mean() > 0.3


def test_resumed_equals_undisturbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generators.check_resumed_equals_undisturbed(build, CONFIG, tmp_path, monkeypatch)


@pytest.mark.parametrize(("shape", "task"), generators.SHAPES_AND_TASKS)
def test_samples_of_every_shape_survive_save_and_load(shape: tuple[int, ...], task: str, tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"epochs": 1, "guidance": 0.5})
    generators.check_samples_survive_save_and_load(build, config, generators.make_spec(shape, task), tmp_path)
