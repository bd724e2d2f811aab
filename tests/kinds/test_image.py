"""Images of every number of channels and every dtype: arrays, records, inputs, requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sakon import kinds
from sakon.datasets import ParquetDataset
from sakon.errors import DataError
from sakon.pipelines.ingestion.nodes import make_records
from sakon.problem import InputSpec, Problem, Schema

IMAGE = kinds.get("image")
PROBLEM = Problem(kind="image", target="light")
TYPES = ["uint8", "int8", "uint16", ">u2", "int64", "float16", "float32", ">f4", "float64", "longdouble"]
SHAPES = [(4, 5), (4, 5, 1), (4, 5, 3), (4, 5, 4)]


def raw(shape: tuple[int, ...] = (4, 5, 3), dtype: str = "uint8", rows: int = 20) -> dict[str, np.ndarray]:
    pixels = np.random.default_rng(0).random((rows, *shape)) * 100
    return {"images": pixels.astype(dtype), "light": np.array(["on", "off"] * (rows // 2))}


def schema_of(shape: tuple[int, ...] = (4, 5, 3), dtype: str = "uint8") -> Schema:
    return IMAGE.make_records(raw(shape, dtype), PROBLEM)[1]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_images_and_inputs_survive_storage_and_a_request(tmp_path: Path, shape: tuple[int, ...], dtype: str) -> None:
    arrays = raw(shape, dtype)
    records, schema = IMAGE.make_records(arrays, PROBLEM)
    assert schema.shape == (4, 5, 1 if len(shape) == 2 else shape[2])
    stored = ParquetDataset(filepath=str(tmp_path / "records.parquet"))
    stored.save(records)
    request = IMAGE.to_request(stored.load(), schema)
    np.testing.assert_array_equal(request, arrays["images"].reshape(request.shape))
    preprocessor = IMAGE.fit_preprocessor(records, schema, PROBLEM)
    layout = IMAGE.input_layout(preprocessor, records, schema, PROBLEM)
    spec = InputSpec.from_layout(layout, schema, target_mean=0, target_scale=1, fingerprint="")
    inputs = IMAGE.transform(preprocessor, records, schema, spec)
    assert (inputs.shape, inputs.dtype) == ((20, *schema.shape), np.float32)
    np.testing.assert_allclose((inputs.min(), inputs.max()), (0, 1), atol=1e-6)
    np.testing.assert_array_equal(
        IMAGE.transform(preprocessor, IMAGE.from_request(request, schema), schema, spec), inputs
    )


@settings(deadline=None, max_examples=30)
@given(st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3, 4])), st.integers(1, 6))
def test_a_request_gives_one_record_per_image(shape: tuple[int, int, int], rows: int) -> None:
    schema = Schema(kind="image", task="classification", target="y", features={"image": "image"}, shape=shape)
    images = np.arange(rows * np.prod(shape), dtype=np.int64).reshape(rows, *shape)
    records = IMAGE.from_request(images, schema)
    assert len(records) == rows
    np.testing.assert_array_equal(np.stack(records["image"]), images.reshape(rows, -1))
    np.testing.assert_array_equal(IMAGE.to_request(records, schema).reshape(images.shape), images)
    assert IMAGE.from_request(images.tolist(), schema).equals(records)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (np.zeros((2, 4, 5)), r"shape \(rows, 4, 5, 3\), found \(2, 4, 5\)"),
        (np.zeros((4, 5, 3)), r"shape \(rows, 4, 5, 3\), found \(4, 5, 3\)"),
        (np.zeros((2, 4, 5, 4)), r"found \(2, 4, 5, 4\)"),
        (np.zeros((0, 4, 5, 3)), r"expected images, found none"),
        (np.full((2, 4, 5, 3), np.nan), r"found NaN or infinity in 2 images, the first at index 0"),
        (np.full((2, 4, 5, 3), "a"), r"expected numbers, found <U1"),
        ([[1, 2], [3]], r"expected images of one size, found several"),
    ],
)
def test_invalid_requests_are_refused(request_: Any, message: str) -> None:
    with pytest.raises(DataError, match=f"New records: .*{message}"):
        IMAGE.from_request(request_, schema_of())


def test_other_arrays_are_ignored() -> None:
    others = {"file": np.array(["a/b.png"] * 20), "names": np.array(["on", "off"])}
    records, _, profile = make_records(others | raw(), PROBLEM)
    assert list(records) == ["image", "light"]
    assert profile.rows_without_target == 0
    assert records.equals(make_records(raw(), PROBLEM)[0])


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((20, 3, 8, 8)), r"found \(20, 3, 8, 8\); move the channels to the end with numpy.moveaxis"),
        (np.zeros((20, 8, 8, 2)), r"found \(20, 8, 8, 2\)\."),
        (np.zeros((20, 8, 8), dtype=bool), "expected numbers, found bool"),
        (np.zeros((20, 8, 8)), "found the value 0.0 everywhere"),
    ],
)
def test_invalid_images_are_refused(images: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message):
        IMAGE.make_records(raw() | {"images": images}, PROBLEM)


def test_reserved_target_names_are_refused() -> None:
    arrays = {"images": raw()["images"], "_sakon_row": raw()["light"]}
    with pytest.raises(DataError, match="_sakon_row"):
        make_records(arrays, Problem(kind="image", target="_sakon_row"))


@pytest.mark.parametrize("name", ["image", "pixels", "label", "row", "images of", "Bild"])
def test_other_target_names_change_nothing(name: str) -> None:
    problem = Problem(kind="image", target=name)
    records, schema, profile = make_records({"images": raw()["images"], name: raw()["light"]}, problem)
    expected, expected_schema, _ = make_records(raw(), PROBLEM)
    assert list(records[name]) == list(expected["light"])
    assert profile.target == {"off": 10, "on": 10}
    request = IMAGE.to_request(records, schema)
    np.testing.assert_array_equal(request, IMAGE.to_request(expected, expected_schema))
    preprocessor = IMAGE.fit_preprocessor(records, schema, problem)
    layout = IMAGE.input_layout(preprocessor, records, schema, problem)
    spec = InputSpec.from_layout(layout, schema, target_mean=0, target_scale=1, fingerprint="")
    inputs = IMAGE.transform(preprocessor, records, schema, spec)
    np.testing.assert_array_equal(
        IMAGE.transform(preprocessor, IMAGE.from_request(request, schema), schema, spec), inputs
    )
    assert IMAGE.drift_features(records, records, schema).shape == (20, 3)


def test_images_of_a_group_stay_in_one_split() -> None:
    patients = np.repeat(np.arange(10), 2)
    arrays = {**raw(), "patient": patients}
    problem = Problem(kind="image", target="light", split={"group": "patient"})
    records, schema, _ = make_records(arrays, problem)
    splits = IMAGE.split(records, schema, problem)
    assert sum(len(set(each["patient"])) for each in splits) == 10
    assert all(len(each) for each in splits)


@pytest.mark.parametrize(
    ("split", "message"),
    [
        (
            {"group": "patient"},
            r"split.group: expected an array 'patient' with one value for each of 20 images, found none",
        ),
        ({"time": "names"}, r"split.time: expected an array 'names' .* found one of shape \(2,\)"),
        ({"group": "light"}, r"split.group: expected another array than 'light'"),
    ],
)
def test_invalid_arrays_of_the_split_are_refused(split: dict[str, str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        make_records({**raw(), "names": np.array(["on", "off"])}, Problem(kind="image", target="light", split=split))


@pytest.mark.parametrize(("trained", "new"), [("uint16", "uint8"), ("uint8", "uint16")])
def test_levels_of_another_depth_are_refused(trained: str, new: str) -> None:
    schema = schema_of(dtype=trained)
    assert schema.value_type == trained
    images = np.full((2, 4, 5, 3), 200, dtype=new) if new == "uint8" else np.full((2, 4, 5, 3), 4000, dtype=new)
    with pytest.raises(DataError, match=f"values of type {trained}, as in the raw data, found {new}"):
        IMAGE.from_request(images, schema)
    assert len(IMAGE.from_request(images.astype(trained), schema)) == 2
    assert len(IMAGE.from_request(images.tolist(), schema)) == 2  # JSON has no types
    assert len(IMAGE.from_request(images, schema.model_copy(update={"value_type": ""}))) == 2
