"""Images of one size: arrays of grey or colour values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from sakon.errors import DataError, did_you_mean
from sakon.kinds import ARRAYS, Kind, NewData, RawData, Request
from sakon.lazy import pd
from sakon.problem import Frozen, InputLayout, InputSpec, Problem, Schema
from sakon.records.proposals import ProposedValue, Recognition, option
from sakon.records.raw_summary import RawSummary
from sakon.records.targets import cast_target, class_labels, infer_task, target_errors

if TYPE_CHECKING:
    from sklearn.preprocessing import MinMaxScaler

IMAGE, IMAGE_IF_TARGET = "image", "pixels"
"""Column of the images in records, and its name if the target is called `image`."""
CHANNELS = (1, 3, 4)
BIT_DEPTHS = {"uint8", "uint16"}
MAX_BYTE = 255


class ImageOptions(Frozen):
    """`problem.options` of images.

    Attributes:
        images: Name of the array of images, (rows, height, width) or (rows, height, width, channels).
    """

    images: str = "images"


class Image(Kind["MinMaxScaler"]):
    """One array of images and one of targets."""

    options_class = ImageOptions
    raw_format = ARRAYS

    def make_records(self, raw: RawData, problem: Problem) -> tuple[pd.DataFrame, Schema]:
        """Turn arrays into one row per image; see `Kind.make_records`."""
        images, target = _arrays(raw, problem)
        errors = _image_errors(images, ImageOptions.model_validate(problem.options).images)
        if len(target) != len(images):
            errors.append(
                f"Arrays: expected one target per image, found {len(images)} images and {len(target)} targets."
            )
        errors += target_errors(target, problem)
        if errors:
            raise DataError(*errors)
        has_target = target.notna().to_numpy()
        columns = _split_columns(raw, problem, len(images)).loc[has_target].reset_index(drop=True)
        images, target = _with_channels(images)[has_target], target[has_target].reset_index(drop=True)
        task = problem.task or infer_task(target)
        classes = class_labels(target) if task == "classification" else ()
        name = IMAGE if problem.target != IMAGE else IMAGE_IF_TARGET
        values = {name: list(images.reshape(len(images), -1)), problem.target: cast_target(target, task)}
        records = pd.DataFrame(values).join(columns)
        return records, Schema(
            kind="image",
            task=task,
            target=problem.target,
            features={name: "image"},
            classes=classes,
            shape=images.shape[1:],
            value_type=images.dtype.name,
        )

    def fit_preprocessor(self, records: pd.DataFrame, schema: Schema, problem: Problem) -> MinMaxScaler:
        """Fit the range of values; see `Kind.fit_preprocessor`.

        One range for all pixels: a range per pixel would amplify pixels that are nearly constant in train.
        """
        from sklearn.preprocessing import MinMaxScaler

        values = _stack(records, schema)
        return MinMaxScaler().fit([[values.min()], [values.max()]])

    def transform(
        self, preprocessor: MinMaxScaler, records: pd.DataFrame, schema: Schema, input_spec: InputSpec
    ) -> np.ndarray:
        """Scale images to [0, 1] by the range of train, (rows, height, width, channels), float32."""
        scaled = _stack(records, schema).astype(np.float32) * np.float32(preprocessor.scale_[0])
        return (scaled + np.float32(preprocessor.min_[0])).reshape(len(records), *input_spec.shape)

    def input_layout(
        self, preprocessor: MinMaxScaler, records: pd.DataFrame, schema: Schema, problem: Problem
    ) -> InputLayout:
        """Return shape (height, width, channels); see `Kind.input_layout`."""
        return InputLayout(shape=schema.shape)

    def from_request(self, request: Request, schema: Schema) -> pd.DataFrame:
        """Turn an array of images into records; see `Kind.from_request`."""
        try:
            images = np.asarray(request)
        except ValueError as error:
            raise DataError("New records: expected images of one size, found several.") from error
        shape = _shape_in_requests(schema)
        if images.shape[1:] not in (shape, schema.shape):
            raise DataError(f"New records: expected an array of shape {_with_rows(shape)}, found {images.shape}.")
        if errors := _value_errors(images, "New records") or _range_errors(images, schema):
            raise DataError(*errors)
        return pd.DataFrame({_image_column(schema): list(images.reshape(len(images), -1))})

    def parse_new_data(self, raw: RawData, problem: Problem) -> NewData:
        """Separate the images from the other arrays with one value per image; see `Kind.parse_new_data`."""
        name = ImageOptions.model_validate(problem.options).images
        if not isinstance(raw, Mapping) or name not in raw:
            content = list(raw) if isinstance(raw, Mapping) else type(raw).__name__
            raise DataError(f"New records: expected an array '{name}' of images, found {content}.")
        images = np.asarray(raw[name])
        if images.ndim < 3:
            raise DataError(f"Array '{name}': expected images, (rows, height, width), found shape {images.shape}.")
        others = {key: np.asarray(raw[key]) for key in raw if key != name}
        others = {key: each[:, 0] if each.ndim == 2 and each.shape[1] == 1 else each for key, each in others.items()}
        target = others.get(problem.target)
        if target is not None and target.shape != (len(images),):
            raise DataError(
                f"Array '{problem.target}': expected one target per image, found {len(images)} images and targets of "
                f"shape {target.shape}; use NaN or an empty text for a missing target."
            )
        columns = {key: each for key, each in others.items() if each.shape == (len(images),)}
        return NewData(images, pd.DataFrame(columns, index=pd.RangeIndex(len(images))))

    def drift_features(self, records: pd.DataFrame, train_records: pd.DataFrame, schema: Schema) -> pd.DataFrame:
        """Return mean and standard deviation of each image, and its distance from the mean image of train."""
        images = _stack(records, schema).astype(np.float64)
        distance = np.sqrt(np.square(images - _stack(train_records, schema).mean(axis=0)).mean(axis=1))
        return pd.DataFrame(
            {
                "brightness": images.mean(axis=1),
                "contrast": images.std(axis=1),
                "distance from the mean image": distance,
            }
        )

    def to_request(self, records: pd.DataFrame, schema: Schema) -> np.ndarray:
        """Return the images, (rows, height, width) if grey, else (rows, height, width, channels)."""
        return _stack(records, schema).reshape(len(records), *_shape_in_requests(schema))

    def recognise(self, raw: RawSummary) -> Recognition:
        """Recognise arrays that hold images; see `Kind.recognise`."""
        name = _largest_image_array(raw)
        if name is None:
            return Recognition(is_match=False, reason="no array of images")
        rows, height, width, *_ = raw.arrays[name].shape
        return Recognition(is_match=True, reason=f"array '{name}' holds {rows:,} images of {height} × {width} pixels")

    def propose_options(self, raw: RawSummary) -> list[ProposedValue]:
        """Propose the array of images; see `Kind.propose_options`."""
        name = _largest_image_array(raw)
        if name is None:
            shapes = ", ".join(f"{name} {array.shape}" for name, array in raw.arrays.items()) or "none"
            raise DataError(
                f"expected an array of images, (rows, height, width) or (rows, height, width, channels), found "
                f"{shapes} in {raw.file}; save a table as CSV or Parquet."
            )
        is_default = name == ImageOptions.model_fields["images"].default
        return [] if is_default else [option("images", name, "name of the array of images")]


def _largest_image_array(raw: RawSummary) -> str | None:
    images = [
        name
        for name, array in raw.arrays.items()
        if array.dtype.kind in "biuf" and (array.ndim == 3 or (array.ndim == 4 and array.shape[3] in CHANNELS))
    ]
    return max(images, key=lambda name: raw.arrays[name].size) if images else None


def _arrays(raw: RawData, problem: Problem) -> tuple[np.ndarray, pd.Series]:
    if not isinstance(raw, Mapping):
        raise DataError(
            f"Raw data: expected named arrays (sakon.datasets.ArraysDataset or ImageFolderDataset in the catalog) for "
            f"kind 'image', found {type(raw).__name__}; set problem.kind or the type of `raw` in catalog.yml."
        )
    names = {
        "problem.options.images": ImageOptions.model_validate(problem.options).images,
        "problem.target": problem.target,
    }
    errors = [
        f"{key}: expected an array '{name}' in the raw data, found none{did_you_mean(name, raw.keys())}"
        for key, name in names.items()
        if name not in raw
    ]
    if errors:
        raise DataError(*errors)
    images, target = (np.asarray(raw[name]) for name in names.values())
    if target.ndim == 2 and target.shape[1] == 1:
        target = target[:, 0]
    if target.ndim != 1:
        raise DataError(f"Array '{problem.target}': expected one target per image, found shape {target.shape}.")
    return _native(images), pd.Series(_native(target), name=problem.target)


def _split_columns(raw: RawData, problem: Problem, rows: int) -> pd.DataFrame:
    """Return the arrays that `problem.split` names, as columns.

    Raises:
        DataError: If one does not exist, or has another number of values than there are images.
    """
    names = {name: getattr(problem.split, name) for name in ("group", "time")}
    columns, errors = {}, []
    for key, name in names.items():
        shape = np.asarray(raw[name]).shape if name in raw else None
        if shape == (rows,):
            columns[name] = _native(np.asarray(raw[name]))
        elif name is not None:
            actual = "none" if shape is None else f"one of shape {shape}"
            errors.append(
                f"problem.split.{key}: expected an array '{name}' with one value for each of {rows} images, found "
                f"{actual}; add it to the raw data, or leave problem.split.{key} out."
            )
        if name is not None and name in (IMAGE, IMAGE_IF_TARGET, problem.target):
            errors.append(f"problem.split.{key}: expected another array than '{name}'; rename the array.")
    if errors:
        raise DataError(*errors)
    return pd.DataFrame(columns, index=pd.RangeIndex(rows))


def _image_errors(images: np.ndarray, name: str) -> list[str]:
    label = f"Array '{name}'"
    if images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[3] not in CHANNELS):
        is_channels_first = images.ndim == 4 and images.shape[1] in CHANNELS
        return [
            f"{label}: expected images of shape (rows, height, width) or (rows, height, width, 1, 3 or 4 channels), "
            f"found {images.shape}{'; move the channels to the end with numpy.moveaxis' if is_channels_first else ''}."
        ]
    if errors := _value_errors(images, label):
        return errors
    if images.min() == images.max():
        return [f"{label}: expected images that differ, found the value {images.min()} everywhere."]
    return []


def _value_errors(images: np.ndarray, label: str) -> list[str]:
    if not np.issubdtype(images.dtype, np.number) or np.issubdtype(images.dtype, np.complexfloating):
        return [f"{label}: expected numbers, found {images.dtype}."]
    if images.size == 0:
        return [f"{label}: expected images, found none."]
    if np.issubdtype(images.dtype, np.integer):
        return []
    finite = np.isfinite(images).reshape(len(images), -1).all(axis=1)
    if finite.all():
        return []
    return [
        f"{label}: expected finite values, found NaN or infinity in {int((~finite).sum())} images, the first at "
        f"index {int(finite.argmin())}; fix or drop them."
    ]


def _range_errors(images: np.ndarray, schema: Schema) -> list[str]:
    """Return a message if the values have another white than those of train: 8 instead of 16 bits, or the reverse."""
    value_type = images.dtype.name
    is_other = {value_type, schema.value_type} == BIT_DEPTHS and (value_type == "uint8" or images.max() > MAX_BYTE)
    if not is_other:
        return []
    return [
        f"New records: expected images with values of type {schema.value_type}, as in the raw data, found "
        f"{value_type}, whose white is another level; read them with the same `bits`, or convert levels and type."
    ]


def _shape_in_requests(schema: Schema) -> tuple[int, ...]:
    """Return the shape of one image in a request: without channels if grey."""
    return schema.shape[:2] if schema.shape[2] == 1 else schema.shape


def _with_rows(shape: tuple[int, ...]) -> str:
    return f"({', '.join(['rows', *map(str, shape)])})"


def _native(values: np.ndarray) -> np.ndarray:
    """Return values in native byte order with at most 64 bits, the only numbers of Parquet and pandas."""
    dtype = np.dtype(np.float64) if values.dtype == np.longdouble else values.dtype.newbyteorder("=")
    return values.astype(dtype, copy=False)


def _with_channels(images: np.ndarray) -> np.ndarray:
    return images[..., None] if images.ndim == 3 else images


def _image_column(schema: Schema) -> str:
    return next(iter(schema.features))


def _stack(records: pd.DataFrame, schema: Schema) -> np.ndarray:
    return np.stack(records[_image_column(schema)].tolist())


KIND = Image()
