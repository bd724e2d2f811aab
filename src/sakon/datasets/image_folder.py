"""Image files in a folder, with a subfolder per class."""

from __future__ import annotations

import logging
import os
import time
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from kedro.io import DatasetError
from PIL import Image
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from sakon.datasets.base import RawDataset
from sakon.datasets.decoding import ImageSpec, describe_error, read_image
from sakon.datasets.image_layout import MAX_NAMES
from sakon.datasets.image_listing import ImageListing
from sakon.wording import format_list

IMAGES, FILE = "images", "file"
MAX_THREADS = 8
"""Bounds the memory, as each thread has one undecoded image."""
BATCH_SIZE = 16
PROGRESS_DELAY = 2.0
"""Seconds after which a progress bar appears."""
LOGGER = logging.getLogger("sakon")


class ImageFolderDataset(RawDataset):
    """Image files of any size and mode in a folder, as arrays of one size and mode.

    A subfolder is a class; all images in it, at any depth, are its examples. Where all subfolders have names of splits
    (`train`, `test` …), the subfolders of these are the classes, and the images of all splits are read. A folder
    without subfolders contains images without a target, such as new images for scoring. The formats are those of
    `sakon.datasets.decoding`. Hidden files and files with other suffixes are skipped, and their number is logged.

    Args:
        filepath: Path of the folder.
        size: Height and width of the arrays, in pixels.
        mode: `grey` or `colour`.
        target: Name of the array of classes; `None` if subfolders are not classes.
        fit: `pad`, `crop` or `stretch`, for images with another aspect ratio; see `ImageSpec`.
        background: Red, green and blue, 0 to 255, behind transparent pixels and in the border of `pad`.
        bits: Bits per value of the arrays: 8, up to 16, or 32; see `ImageSpec`.
        metadata: Read by Kedro plug-ins and hooks.

    Raises:
        DatasetError: If an argument is invalid.
    """

    def __init__(
        self,
        *,
        filepath: str,
        size: Sequence[int],
        mode: str = "colour",
        target: str | None = "target",
        fit: str = "pad",
        background: Sequence[int] = (255, 255, 255),
        bits: int = 8,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._filepath = Path(filepath)
        self._target = target
        self.metadata = metadata
        settings = {"size": size, "mode": mode, "fit": fit, "background": background, "bits": bits}
        try:
            self._spec = ImageSpec.model_validate(settings)
        except ValidationError as error:
            raise DatasetError(
                " ".join(_validation_message(self._filepath, dict(each)) for each in error.errors())
            ) from None
        if target in (IMAGES, FILE):
            raise DatasetError(
                f"{filepath}: target: expected a name other than those of the arrays '{IMAGES}' and '{FILE}', found "
                f"'{target}'; choose another in catalog.yml and as problem.target."
            )

    def load(self) -> dict[str, np.ndarray]:
        """Read all images, in the order of their paths.

        Returns:
            `images`, (rows, height, width) for `grey` and (rows, height, width, 3) for `colour`, uint8,
            uint16 or float32, by `bits`; `file`,
            (rows,), the path of each image within the folder, with slashes; and, if there are subfolders, the array
            of classes, (rows,).

        Raises:
            DatasetError: With every problem of the folder and of its images.
        """
        if not self._filepath.is_dir():
            actual = "a file" if self._filepath.exists() else "nothing"
            raise DatasetError(
                f"{self._filepath}: expected a folder of images, found {actual}; set filepath in catalog.yml."
            )
        listing = ImageListing.read(self._filepath, by_class=self._target is not None)
        errors = listing.errors()
        images = np.empty((0, *self._spec.shape), dtype=self._spec.dtype)
        if memory_error := self._check_memory(len(listing.files)):
            errors.append(memory_error)
        else:
            images, image_errors = self._read_images(listing.files)
            errors += image_errors
        if errors:
            raise DatasetError("\n".join(errors))
        if listing.skipped:
            LOGGER.warning("%s: read %d images, skipped %s.", self._filepath, len(images), listing.describe_skipped())
        for sentence in listing.layout.sentences():
            LOGGER.warning("%s: %s.", self._filepath, sentence)
        arrays = {IMAGES: images, FILE: np.array(listing.files)}
        return arrays | ({self._target: np.array(listing.labels)} if self._target and listing.has_classes else {})

    def _check_memory(self, rows: int) -> str:
        """Return a message if the images do not fit into memory, else an empty string."""
        import psutil

        required, free = rows * prod(self._spec.shape) * self._spec.dtype.itemsize, psutil.virtual_memory().available
        if required <= free:
            return ""
        return (
            f"{self._filepath}: expected images that fit into memory, found {rows} of shape {self._spec.shape}, which "
            f"need {required / 2**30:.1f} GiB of {free / 2**30:.1f} GiB free; choose a smaller size in catalog.yml."
        )

    def _read_images(self, files: list[str]) -> tuple[np.ndarray, list[str]]:
        """Return all images in one array, and a message if some cannot be read."""
        images = np.empty((len(files), *self._spec.shape), dtype=self._spec.dtype)
        bits = np.zeros(len(files), dtype=np.int64)
        batches = [range(start, min(start + BATCH_SIZE, len(files))) for start in range(0, len(files), BATCH_SIZE)]

        def read_batch(rows: range) -> list[str]:
            reasons = [(row, self._read_into(images, bits, row, files[row])) for row in rows]
            return [f"{files[row]} ({reason})" for row, reason in reasons if reason]

        Image.init()  # registers the formats before threads need them
        unreadable: list[str] = []
        threads = min(MAX_THREADS, os.cpu_count() or 1)
        with warnings.catch_warnings(), _DelayedProgressBar(len(files)) as bar, ThreadPoolExecutor(threads) as pool:
            warnings.simplefilter("ignore")  # of Pillow, about tags that it cannot read
            try:
                for rows, failed in zip(batches, pool.map(read_batch, batches), strict=True):
                    unreadable += failed
                    bar.advance(len(rows))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        if not unreadable:
            self._warn_of_lost_bits(bits)
            return images, []
        return images, [
            f"{self._filepath}: expected complete image files, found {len(unreadable)} of {len(files)} that cannot be "
            f"read: {format_list(unreadable, MAX_NAMES)}; repair or delete them."
        ]

    def _warn_of_lost_bits(self, bits: np.ndarray) -> None:
        reduced = int((bits > 8).sum())
        if self._spec.bits == 8 and reduced:
            LOGGER.warning(
                "%s: %d of %d images have more than 8 bits per value, of which the upper 8 are read; set bits: %d, or "
                "the number in use, in catalog.yml to keep all levels.",
                self._filepath,
                reduced,
                len(bits),
                bits.max(),
            )

    def _read_into(self, images: np.ndarray, bits: np.ndarray, row: int, file: str) -> str:
        """Read one image into its row; return the reason if it cannot be read, else an empty string."""
        path = self._filepath / file
        try:
            if path.stat().st_size == 0:
                return "an empty file"
            images[row], bits[row] = read_image(path, self._spec)
        except Exception as error:  # decoders raise many types of errors on broken files
            return describe_error(error)
        return ""

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "target": self._target, **self._spec.model_dump()}


class _DelayedProgressBar:
    """A progress bar on standard error that appears after `PROGRESS_DELAY` seconds."""

    def __init__(self, images: int) -> None:
        columns = (BarColumn(16), MofNCompleteColumn(), TextColumn("images"), TimeElapsedColumn())
        console = Console(stderr=True)
        self._bar = Progress(TextColumn("{task.description}"), *columns, console=console, refresh_per_second=4)
        self._task = self._bar.add_task("reading", total=images)
        self._start = time.monotonic()

    def __enter__(self) -> _DelayedProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar.live.is_started:
            self._bar.stop()

    def advance(self, images: int) -> None:
        """Add images that have been read."""
        self._bar.advance(self._task, images)
        if not self._bar.live.is_started and time.monotonic() - self._start > PROGRESS_DELAY:
            self._bar.start()


def _validation_message(folder: Path, error: dict[str, Any]) -> str:
    """Return the message of one of pydantic's errors."""
    name = ".".join(map(str, error["loc"]))
    message = str(error["msg"]).removeprefix("Input should be ").removeprefix("Value error, ")
    return (
        f"{folder}: {name}: expected {message[0].lower()}{message[1:]}, found {error['input']!r}; correct catalog.yml."
    )
