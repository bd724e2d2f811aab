"""Formats store and load models without pickle, refuse what is not trusted, and are listed in one place."""

from __future__ import annotations

import gc
import json
import pickle
import zipfile
from pathlib import Path
from weakref import ref

import keras
import numpy as np
import pytest
from models.toy_format import ConstantModel, register
from sklearn.dummy import DummyClassifier, DummyRegressor

from sakon.datasets import ModelDataset
from sakon.errors import ModelError
from sakon.models.formats import FORMATS, format_for, load_model, save_skops
from sakon.models.predict import predict_outputs, reads_tokens, select_inputs
from sakon.problem import Examples

X = np.zeros((5, 2, 3), np.float32)


class UnknownModel:
    """A model that no format can store."""


def small_network(name: str = "inputs") -> keras.Model:
    inputs = keras.Input((2, 3), name=name)
    return keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(keras.layers.Flatten()(inputs)))


@pytest.mark.parametrize(
    ("model", "suffix"),
    [(small_network(), ".keras"), (DummyClassifier(), ".skops"), (ConstantModel([1.0]), ".toy")],
)
def test_every_model_has_one_format(model: object, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)
    assert format_for(model).suffix == suffix
    assert [each.suffix for each in FORMATS.values() if each.accepts(model)] == [suffix]


def test_a_model_of_no_format_is_refused_by_its_type() -> None:
    with pytest.raises(ModelError, match=r"UnknownModel: .*\.keras, \.skops"):
        format_for(UnknownModel())


def test_a_file_of_no_format_is_refused_by_its_suffix(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.pkl: .*\.keras, \.skops.*'\.pkl'"):
        load_model(tmp_path / "model.pkl")


def test_the_dataset_of_models_knows_a_third_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)
    dataset = ModelDataset(filepath=str(tmp_path / "model"))
    dataset.save(small_network())
    dataset.save(ConstantModel([0.5, 0.5]))
    assert [path.name for path in tmp_path.iterdir()] == ["model.toy"]
    assert dataset.load() == ConstantModel([0.5, 0.5])
    np.testing.assert_array_equal(predict_outputs(dataset.load(), X), np.full((5, 2), 0.5))
    dataset.save(DummyClassifier())
    assert [path.name for path in tmp_path.iterdir()] == ["model.skops"]


def test_a_model_is_loaded_once_until_it_is_saved_or_released(tmp_path: Path) -> None:
    dataset = ModelDataset(filepath=str(tmp_path / "model"))
    dataset.save(small_network())
    loaded = dataset.load()
    assert dataset.load() is loaded
    dataset.release()
    assert dataset.load() is not loaded
    loaded = dataset.load()
    ModelDataset(filepath=str(tmp_path / "model")).save(small_network())
    assert dataset.load() is not loaded


def test_classifiers_predict_probabilities_and_regressors_values() -> None:
    labels = np.array([0, 1, 1, 1, 1])
    classifier = DummyClassifier(strategy="prior").fit(X.reshape(5, -1), labels)
    np.testing.assert_allclose(predict_outputs(classifier, X), np.tile([0.2, 0.8], (5, 1)))
    regressor = DummyRegressor().fit(X.reshape(5, -1), labels.astype(float))
    np.testing.assert_allclose(predict_outputs(regressor, X), np.full((5, 1), 0.8))


def test_networks_predict_the_same_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    network, x = small_network(), np.random.default_rng(0).normal(size=(5, 2, 3)).astype(np.float32)
    whole = predict_outputs(network, x)
    monkeypatch.setattr("sakon.models.formats.keras_format.MAX_BATCH_ROWS", 2)
    np.testing.assert_allclose(predict_outputs(network, x), whole, rtol=1e-6)
    assert whole.dtype == np.float64


def test_a_network_that_predicted_can_be_freed() -> None:
    network = small_network()
    predict_outputs(network, X)
    network_reference = ref(network)
    del network
    keras.backend.clear_session()
    gc.collect()
    assert network_reference() is None


def test_only_models_with_token_inputs_read_tokens() -> None:
    examples = Examples(X, np.zeros(5, np.int32), np.arange(5), tokens=np.ones((5, 4), np.int32))
    assert reads_tokens(small_network("tokens"))
    assert select_inputs(small_network("tokens"), examples).x is examples.tokens
    for model in (small_network(), DummyClassifier()):
        assert not reads_tokens(model)
        assert select_inputs(model, examples) is examples


def test_untrusted_types_are_refused(tmp_path: Path) -> None:
    save_skops(UnknownModel(), tmp_path / "model.skops")
    with pytest.raises(ModelError, match=r"model\.skops: expected only types that Sakon trusts, found .*UnknownModel"):
        load_model(tmp_path / "model.skops")


def test_a_pickle_is_never_loaded(tmp_path: Path) -> None:
    for suffix in FORMATS:
        path = tmp_path / f"model{suffix}"
        path.write_bytes(pickle.dumps(print))
        with pytest.raises((ModelError, zipfile.BadZipFile)):
            load_model(path)


def test_code_in_a_network_does_not_run(tmp_path: Path) -> None:
    inputs = keras.Input((3,))
    network = keras.Model(inputs, keras.layers.Lambda(lambda x: x)(inputs))
    network.save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match="safe"):
        load_model(tmp_path / "model.keras")


def test_modules_outside_the_project_are_not_imported_for_a_network(tmp_path: Path) -> None:
    small_network().save(tmp_path / "whole.keras")
    with zipfile.ZipFile(tmp_path / "whole.keras") as whole, zipfile.ZipFile(tmp_path / "model.keras", "w") as changed:
        for name in whole.namelist():
            content = whole.read(name)
            if name == "config.json":
                config = json.loads(content)
                config["config"]["layers"][-1] |= {"module": "antigravity", "class_name": "Dense"}
                content = json.dumps(config).encode()
            changed.writestr(name, content)
    with pytest.raises(Exception, match="antigravity"):
        load_model(tmp_path / "model.keras")
    import sys

    assert "antigravity" not in sys.modules
