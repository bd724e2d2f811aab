"""Problems of images: a folder with one subfolder per class, or named arrays in an `.npz` file.

All images of a folder are read in one size: their own if they share one of at most 64 pixels, else that of the
median image, shrunk to at most 64 pixels. They are read in colour if any of those looked at has some. In an `.npz`
file the images are the array of three or four axes, the target one of as many values.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from sakon.errors import DataError, ParameterError, did_you_mean
from sakon.lazy import pd
from sakon.onboarding import targets
from sakon.onboarding.settings import Setting
from sakon.onboarding.sources import Source

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm"})
LONGEST_SIDE = 64
LOOKED_AT = 300
FEWEST_PER_CLASS = 3
CHANNELS = (1, 3, 4)


def of_folder(source: Source, target: str | None, task: str | None) -> tuple[list[Setting], int, list[str]]:
    """Propose a problem for a folder of images, one subfolder per class.

    Completes the arguments of the source's dataset.

    Args:
        source: The folder.
        target: What the class shall be called; `label` when left out.
        task: The task that the user wants, or `None`.

    Returns:
        The settings of the problem, the number of images, and facts worth a line.

    Raises:
        DataError: If there are no classes, too few images of one, or files that are no images.
    """
    classes = _classes(source.path)
    files = [file for each in classes.values() for file in each]
    sizes, coloured = _looked_at(files)
    name = target or "label"
    source.arguments["size"] = _size(sizes)
    mode = "colour" if coloured else "grey"
    source.arguments["mode"] = (mode, "some images have colours" if coloured else "no image looked at has colours")
    source.arguments["target"] = (name, "what the names of the subfolders are called")
    labels = pd.Series([label for label, each in classes.items() for _ in each], name=name)
    kind = Setting(
        ("problem", "kind"), "image", f"a folder of images, one subfolder for each of {len(classes)} classes"
    )
    facts = [f"{len(files):,} images in {len(classes)} subfolders"]
    return [kind, _target(name), *targets.settings(labels, task, source)], len(files), facts


def _target(name: str) -> Setting:
    return Setting(("problem", "target"), name, "what is to be predicted", told=False)


def _classes(folder: Path) -> dict[str, list[Path]]:
    subfolders = sorted(each for each in folder.iterdir() if each.is_dir() and not each.name.startswith("."))
    found = {
        each.name: sorted(file for file in each.rglob("*") if file.suffix.lower() in SUFFIXES) for each in subfolders
    }
    found = {name: files for name, files in found.items() if files}
    if len(found) < 2:
        raise DataError(_too_few_classes(folder, list(found)))
    few = [f"'{name}' ({len(files)})" for name, files in found.items() if len(files) < FEWEST_PER_CLASS]
    if few:
        raise DataError(
            f"{folder}: expected at least {FEWEST_PER_CLASS} images of every class, found fewer in {', '.join(few)}; "
            f"add images, or remove or merge those subfolders."
        )
    return found


def _too_few_classes(folder: Path, found: list[str]) -> str:
    beside = sum(each.suffix.lower() in SUFFIXES for each in folder.iterdir() if each.is_file())
    seen = f"only '{found[0]}'" if found else "none"
    beside_them = f", and images that lie in no subfolder ({beside:,})" if beside else ""
    return (
        f"{folder}: expected a folder of images with one subfolder for each of at least two classes, found {seen}"
        f"{beside_them}; put the images of every class into a subfolder of its name ({', '.join(sorted(SUFFIXES))})."
    )


def _looked_at(files: list[Path]) -> tuple[list[tuple[int, int]], bool]:
    from PIL import Image, UnidentifiedImageError

    sizes, coloured, faults = [], False, []
    for file in files[:: max(1, len(files) // LOOKED_AT)]:
        try:
            with Image.open(file) as image:
                sizes.append((image.height, image.width))
                coloured = coloured or _has_colour(image)
        except (UnidentifiedImageError, OSError) as error:
            reason = error if not isinstance(error, UnidentifiedImageError) else "no image"
            reason = reason if file.stat().st_size else "empty"
            faults.append(f"{file}: expected an image, found a file that cannot be read ({reason}); remove it.")
    if faults:
        raise DataError(*faults)
    return sizes, coloured


def _has_colour(image: Any) -> bool:
    if image.mode in ("1", "L", "I", "F", "LA", "I;16"):
        return False
    small = image.convert("RGB")
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    values = np.asarray(small, dtype=np.int16)
    return bool((values.max(axis=2) - values.min(axis=2)).mean() > 2)


def _size(sizes: list[tuple[int, int]]) -> tuple[list[int], str]:
    height, width = (int(np.median(side)) for side in zip(*sizes, strict=True))
    alike = len(set(sizes)) == 1
    shrink = min(1.0, LONGEST_SIDE / max(height, width))
    size = [max(1, round(height * shrink)), max(1, round(width * shrink))]
    own = "all images looked at are" if alike else f"the median of {len(set(sizes))} sizes is"
    shrunk = f", shrunk to at most {LONGEST_SIDE} pixels: larger ones train longer" if shrink < 1 else ""
    return size, f"height and width in pixels; {own} {height} × {width}{shrunk}"


def of_arrays(source: Source, target: str | None, task: str | None) -> tuple[list[Setting], int, list[str]]:
    """Propose a problem for named arrays.

    Args:
        source: The `.npz` file.
        target: Name of the array of targets; may be left out where only one array fits.
        task: The task that the user wants, or `None`.

    Returns:
        The settings of the problem, the number of images, and facts worth a line.

    Raises:
        DataError: If no array holds images.
        ParameterError: If the target is not among the arrays.
    """
    arrays: dict[str, np.ndarray] = source.load()
    shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items()) or "none"
    images = [name for name, array in arrays.items() if _holds_images(array)]
    if not images:
        raise DataError(
            f"{source.path}: expected an array of images, (rows, height, width) or (rows, height, width, channels), "
            f"found {shapes}; save a table as CSV or Parquet."
        )
    found = max(images, key=lambda name: arrays[name].size)
    rows = len(arrays[found])
    fitting = [name for name, array in arrays.items() if array.shape in ((rows,), (rows, 1))]
    name = _chosen(target, fitting, f"{rows:,} values", source.path.name)
    values = pd.Series(arrays[name].reshape(rows), name=name)
    settings = [
        Setting(("problem", "kind"), "image", f"array '{found}' has the shape {arrays[found].shape}"),
        _target(name),
        *targets.settings(values, task, source),
    ]
    if found != "images":
        settings.append(Setting(("problem", "options", "images"), found, "name of the array of images"))
    return settings, rows, [f"arrays {shapes}"]


def _holds_images(array: np.ndarray) -> bool:
    return array.dtype.kind in "biuf" and (array.ndim == 3 or (array.ndim == 4 and array.shape[3] in CHANNELS))


def _chosen(target: str | None, fitting: Iterable[str], wanted: str, file: str) -> str:
    options = list(fitting)
    if target in options:
        return str(target)
    if target is None and len(options) == 1:
        return options[0]
    asked = "--target" if target is None else f"--target {target}"
    hint = did_you_mean(target or "", options) if options else "; there is no such array."
    raise ParameterError(f"{asked}: expected the name of an array of {wanted} in {file}, found none{hint}")
