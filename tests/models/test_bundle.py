"""A bundle is saved, verified and loaded as a whole, and predicts from raw records."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fabricate import BY_NAME
from models.toy_format import ConstantModel, register
from sklearn.feature_extraction.text import CountVectorizer

from sakon.errors import DataError, ModelError
from sakon.models.bundle import ModelBundle, assemble_bundle
from sakon.models.packed import pack_bundle

Saved = tuple[Path, dict[str, str]]
RAW = BY_NAME["tabular_classification"].raw


def keras_bundle(bundle: ModelBundle) -> ModelBundle:
    """Return the bundle with a small network instead of its model."""
    import keras

    keras.utils.set_random_seed(0)
    inputs = keras.Input(bundle.input_spec.shape)
    outputs = keras.layers.Dense(len(bundle.input_spec.classes), activation="softmax")(inputs)
    return replace(bundle, model=keras.Model(inputs, outputs))


def toy_bundle(bundle: ModelBundle) -> ModelBundle:
    """Return the bundle with a model of the third format."""
    return replace(bundle, model=ConstantModel([0.25, 0.75]))


BUNDLES = {"keras": keras_bundle, "skops": lambda bundle: bundle, "toy": toy_bundle}


@pytest.fixture(params=BUNDLES)
def any_bundle(request: pytest.FixtureRequest, bundle: ModelBundle, monkeypatch: pytest.MonkeyPatch) -> ModelBundle:
    """A bundle of each format, a registered third one included."""
    register(monkeypatch)
    any_bundle: ModelBundle = BUNDLES[request.param](bundle)
    return any_bundle


def test_predictions_survive_save_and_load(any_bundle: ModelBundle, tmp_path: Path) -> None:
    checksums = any_bundle.save(tmp_path / "bundle")
    loaded = ModelBundle.load(tmp_path / "bundle", checksums)
    assert (loaded.schema, loaded.input_spec) == (any_bundle.schema, any_bundle.input_spec)
    pd.testing.assert_frame_equal(loaded.predict(RAW), any_bundle.predict(RAW))


def test_predictions_survive_packing(any_bundle: ModelBundle) -> None:
    packed = pack_bundle(any_bundle)
    assert not any(name.endswith(".pkl") for name in packed.files)
    pd.testing.assert_frame_equal(packed.unpack().predict(RAW), any_bundle.predict(RAW))


def test_digest_identifies_the_content_of_a_bundle(any_bundle: ModelBundle, bundle: ModelBundle) -> None:
    packed = pack_bundle(any_bundle)
    again = pack_bundle(packed.unpack())
    assert again.digest == pack_bundle(again.unpack()).digest
    other = replace(any_bundle, input_spec=any_bundle.input_spec.model_copy(update={"fingerprint": "other data"}))
    assert pack_bundle(other).digest != packed.digest


def test_digest_depends_on_the_weights(bundle: ModelBundle) -> None:
    network = keras_bundle(bundle)
    before = pack_bundle(network).digest
    weight = network.model.weights[0]
    weight.assign(weight + 1e-3)
    assert pack_bundle(network).digest != before


def test_predictions_have_labels_and_probabilities(bundle: ModelBundle) -> None:
    predictions = bundle.predict(RAW)
    assert list(predictions) == ["prediction", "probability_no", "probability_yes"]
    expected = np.where(predictions["probability_yes"] > 0.5, "yes", "no")
    assert predictions["prediction"].tolist() == expected.tolist()


def test_a_request_without_a_column_is_refused(bundle: ModelBundle) -> None:
    with pytest.raises(DataError, match="'height'"):
        bundle.predict(RAW.drop(columns="height"))


def test_copied_files_are_the_bundle(bundle: ModelBundle, folder: Saved, tmp_path: Path) -> None:
    source, checksums = folder
    stored = {
        "schema": source / "schema.json",
        "input_spec": source / "input_spec.json",
        "preprocessor": source / "preprocessor.skops",
        "model": (source / "model.skops").rename(tmp_path / "champion.skops"),
    }
    assert assemble_bundle(tmp_path / "copy", **stored) == checksums
    pd.testing.assert_frame_equal(ModelBundle.load(tmp_path / "copy", checksums).predict(RAW), bundle.predict(RAW))
    with pytest.raises(ModelError, match=r"schema\.json: expected a model file"):
        assemble_bundle(tmp_path / "other", **(stored | {"model": stored["schema"]}))


def change(folder: Path) -> None:
    file = folder / "model.skops"
    file.write_bytes(file.read_bytes()[:-1] + b"x")


def add(folder: Path) -> None:
    (folder / "extra.pkl").write_bytes(b"x")


def add_second_model(folder: Path) -> None:
    (folder / "model.keras").write_bytes(b"x")


def add_folder(folder: Path) -> None:
    (folder / "code").mkdir()


def remove(folder: Path) -> None:
    (folder / "schema.json").unlink()


def remove_all(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


@pytest.mark.parametrize("tamper", [change, add, add_second_model, add_folder, remove, remove_all])
def test_a_changed_bundle_is_refused_before_it_is_read(
    folder: Saved, tamper: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, checksums = folder
    assert callable(tamper)
    tamper(path)
    monkeypatch.setattr("sakon.models.bundle.load_skops", lambda _: pytest.fail("a file was read"))
    with pytest.raises(ModelError, match="Model bundle: expected"):
        ModelBundle.load(path, checksums)


def test_a_file_without_checksum_is_refused(folder: Saved) -> None:
    path, checksums = folder
    del checksums["preprocessor.skops"]
    with pytest.raises(ModelError, match=r"preprocessor\.skops"):
        ModelBundle.load(path, checksums)


def test_a_preprocessor_of_an_untrusted_type_is_refused(bundle: ModelBundle, tmp_path: Path) -> None:
    harmful = replace(bundle, preprocessor=CountVectorizer(analyzer=json.loads))
    checksums = harmful.save(tmp_path / "bundle")
    with pytest.raises(ModelError, match=r"json\.\S*loads"):
        ModelBundle.load(tmp_path / "bundle", checksums)
