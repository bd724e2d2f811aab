"""A folder of image files, one subfolder per class."""

from __future__ import annotations

import logging
import os
import time
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from math import prod
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from kedro.io import AbstractDataset, DatasetError
from PIL import Image
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from sakon.datasets.decoding import Form, decode, reason_of
from sakon.datasets.listing import Listing, first

IMAGES, FILE = "images", "file"
MOST_THREADS = 8  # each may hold one undecoded image: what bounds the memory
BATCH = 16
QUIET_SECONDS = 2.0
LOGGER = logging.getLogger("sakon")


class ImageFolderDataset(AbstractDataset[NoReturn, dict[str, np.ndarray]]):
    """Image files of any size and mode in a folder, as arrays of one size and mode.

    A subfolder is a class, and all images below it, however deep, are its examples. A folder without
    subfolders is one of images without target, such as new ones to be answered. Read are PNG, JPEG, BMP, GIF,
    WebP and TIFF; hidden files and files with another suffix are skipped, and a line says how many. `Form`
    and `decode` in `sakon.datasets.decoding` say what happens to an image.

    Args:
        filepath: Path of the folder.
        size: Height and width that every image gets, in pixels.
        mode: `grey` or `colour`.
        target: Name of the array of classes; `None` to take subfolders for mere folders.
        fit: `pad`, `crop` or `stretch`, where the ratio of height to width differs from that of `size`.
        background: Red, green and blue, 0 to 255, of what shows through transparent pixels and of what `pad` adds.
        metadata: Read by Kedro plug-ins and hooks.

    Raises:
        DatasetError: If an argument does not fit.
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
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._filepath = Path(filepath)
        self._target = target
        self.metadata = metadata
        try:
            self._form = Form.model_validate({"size": size, "mode": mode, "fit": fit, "background": background})
        except ValidationError as error:
            raise DatasetError(" ".join(_sentence(self._filepath, dict(fault)) for fault in error.errors())) from None
        if target in (IMAGES, FILE):
            raise DatasetError(
                f"{filepath}: target: expected a name other than those of its arrays '{IMAGES}' and '{FILE}', found "
                f"'{target}'; choose another in catalog.yml and as problem.target."
            )

    def load(self) -> dict[str, np.ndarray]:
        """Read all images, in the order of their paths.

        Returns:
            `images`, (rows, height, width) if grey, else (rows, height, width, 3), uint8; the target's array,
            (rows,), the name of each image's class, where there are subfolders; `file`, (rows,), the path of
            each image within the folder, with slashes.

        Raises:
            DatasetError: Naming every fault of the folder and of its images.
        """
        if not self._filepath.is_dir():
            found = "a file" if self._filepath.exists() else "nothing there"
            raise DatasetError(
                f"{self._filepath}: expected a folder of images, found {found}; name the folder in catalog.yml."
            )
        listing = Listing.of(self._filepath, by_class=self._target is not None)
        faults = listing.faults()
        images = np.empty((0, *self._form.shape), dtype=np.uint8)
        if excess := self._excess(len(listing.files)):
            faults.append(excess)
        else:
            images, unreadable = self._decoded(listing.files)
            faults += unreadable
        if faults:
            raise DatasetError("\n".join(faults))
        if listing.skipped:
            LOGGER.warning("%s: read %d images, skipped %s.", self._filepath, len(images), listing.left_out())
        arrays = {IMAGES: images, FILE: np.array(listing.files)}
        return arrays | ({self._target: np.array(listing.labels)} if self._target and listing.classes else {})

    def save(self, data: NoReturn) -> None:
        """Refuse: raw data are read, never written."""
        raise DatasetError("Raw images are read, never written.")

    def _excess(self, rows: int) -> str:
        """Return a sentence if the images would not fit into memory, else nothing."""
        import psutil

        needed, free = rows * prod(self._form.shape), psutil.virtual_memory().available
        if needed <= free:
            return ""
        return (
            f"{self._filepath}: expected images that fit into memory, found that {rows} of shape {self._form.shape} "
            f"take {needed / 2**30:.1f} GiB of {free / 2**30:.1f} GiB free; choose a smaller size in catalog.yml."
        )

    def _decoded(self, files: list[str]) -> tuple[np.ndarray, list[str]]:
        """Return all images in one array, and a sentence about those that cannot be read."""
        images = np.empty((len(files), *self._form.shape), dtype=np.uint8)

        batches = [range(start, min(start + BATCH, len(files))) for start in range(0, len(files), BATCH)]

        def fill(rows: range) -> list[str]:
            reasons = [(row, self._fill(images, row, files[row])) for row in rows]
            return [f"{files[row]} ({reason})" for row, reason in reasons if reason]

        Image.init()  # Pillow registers its formats here; threads would race
        unreadable: list[str] = []
        threads = min(MOST_THREADS, os.cpu_count() or 1)
        with warnings.catch_warnings(), _Bar(len(files)) as bar, ThreadPoolExecutor(threads) as pool:
            warnings.simplefilter("ignore")  # Pillow's, about tags it cannot read
            try:
                for rows, faults in zip(batches, pool.map(fill, batches), strict=True):
                    unreadable += faults
                    bar.advance(len(rows))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        if not unreadable:
            return images, []
        return images, [
            f"{self._filepath}: expected images that can be read whole, found {len(unreadable)} of {len(files)} that "
            f"cannot: {first(unreadable)}; mend or remove them."
        ]

    def _fill(self, images: np.ndarray, row: int, file: str) -> str:
        """Read one image into its row; return why that failed, or nothing."""
        path = self._filepath / file
        try:
            if path.stat().st_size == 0:
                return "an empty file"
            images[row] = decode(path, self._form)
        except Exception as error:  # decoders meet broken files with all sorts of errors
            return reason_of(error)
        return ""

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "target": self._target, **self._form.model_dump()}


class _Bar:
    """A bar on standard error that shows itself only once reading has taken a while."""

    def __init__(self, images: int) -> None:
        columns = (BarColumn(16), MofNCompleteColumn(), TextColumn("images"), TimeElapsedColumn())
        console = Console(stderr=True)
        self._bar = Progress(TextColumn("{task.description}"), *columns, console=console, refresh_per_second=4)
        self._task = self._bar.add_task("reading", total=images)
        self._began = time.monotonic()

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar.live.is_started:
            self._bar.stop()

    def advance(self, images: int) -> None:
        """Count images that have been read."""
        self._bar.advance(self._task, images)
        if not self._bar.live.is_started and time.monotonic() - self._began > QUIET_SECONDS:
            self._bar.start()


def _sentence(folder: Path, fault: dict[str, Any]) -> str:
    """Put one of pydantic's faults in words."""
    name = ".".join(map(str, fault["loc"]))
    message = str(fault["msg"]).removeprefix("Input should be ")
    return f"{folder}: {name}: expected {message[0].lower()}{message[1:]}, found {fault['input']!r}; see catalog.yml."
