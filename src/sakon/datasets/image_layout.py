"""Finds out which subfolders of a folder of images are classes, and which are splits or wrap the others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sakon.wording import format_list

SPLIT_WORDS = frozenset(
    (
        *("train", "training", "trainset", "trn", "test", "testing", "testset", "tst"),
        *("val", "valid", "validation", "valset", "dev", "eval", "evaluation"),
    )
)
"""Words by which the folders of splits are named, alone or as a part of a name, such as `seg_train`."""
WORD = re.compile(r"[a-z]+")
MAX_NAMES = 5


@dataclass(frozen=True)
class ImageLayout:
    """Which folders are classes: the subfolders of the roots.

    Attributes:
        roots: Paths whose subfolders are classes, each empty or with a slash at the end; none if no folder is a class.
        splits: Names of the folders of splits, in order; mostly empty.
        wrappers: Paths of single subfolders that hold all the others; mostly empty.
        error: Why it cannot be decided, and what to do; mostly empty.
    """

    roots: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    wrappers: tuple[str, ...] = ()
    error: str = ""

    def label(self, file: str) -> str | None:
        """Return the class of an image by its path, or `None` if it is in none."""
        root = next((root for root in self.roots if file.startswith(root)), None)
        inner = "" if root is None else file[len(root) :]
        return inner.split("/")[0] if "/" in inner else None

    def sentences(self) -> list[str]:
        """Return what was assumed of the folders."""
        assumed = []
        if self.wrappers:
            assumed.append(f"the classes are the subfolders of {quote_names(self.wrappers)}, which hold nothing else")
        if self.splits:
            assumed.append(
                f"the subfolders {quote_names(self.splits)} are splits, not classes: the classes are their "
                f"subfolders; the images of all splits are read together, and problem.split divides them anew"
            )
        return assumed


def find_layout(files: Sequence[str]) -> ImageLayout:
    """Find out which subfolders are classes.

    A single subfolder with several subfolders of images, and no image of its own, wraps them. If at least two
    subfolders have names of splits and have a subfolder of the same name, the classes are one level below. Otherwise
    the outermost subfolders are the classes.

    Args:
        files: Path of each image within the folder, with slashes.
    """
    root = _unwrap("", files)
    files_of: dict[str, list[str]] = {}
    for file in files:
        name, _, inner = file[len(root) :].partition("/")
        if inner:
            files_of.setdefault(name, []).append(file)
    folders = sorted(files_of)
    if not folders:
        return ImageLayout()
    roots = {name: _unwrap(f"{root}{name}/", files_of[name]) for name in folders}
    classes = {name: _subfolders(roots[name], files_of[name]) for name in folders}
    splits = [name for name in folders if _is_split_name(name)]
    shared = {each for name in splits for each in classes[name] if sum(each in classes[other] for other in splits) > 1}
    if shared:
        splits = [name for name in folders if name in splits or shared & classes[name]]
        wrappers = tuple(path.rstrip("/") for name in splits if (path := roots[name]) != f"{root}{name}/")
        return ImageLayout(tuple(roots[name] for name in splits), tuple(splits), wrappers)
    wrappers = (root.rstrip("/"),) if root else ()
    if len(folders) > 1 and all(name.lower() in SPLIT_WORDS for name in folders):
        return ImageLayout((root,), (), wrappers, _no_shared_classes(classes))
    return ImageLayout((root,), (), wrappers)


def quote_names(names: Iterable[str]) -> str:
    """Return the first names in quotes, and the number of the others."""
    return format_list([f"'{name}'" for name in names], MAX_NAMES)


def _unwrap(root: str, files: Sequence[str]) -> str:
    """Return the path below single subfolders that hold several subfolders of images and no image themselves."""
    path = root
    while True:
        inner = [file[len(path) :] for file in files if file.startswith(path)]
        names = {each.split("/")[0] for each in inner}
        if len(names) != 1 or any(each.count("/") < 1 for each in inner):
            return path if len(names) > 1 and all("/" in each for each in inner) else root
        path = f"{path}{names.pop()}/"


def _subfolders(root: str, files: Sequence[str]) -> set[str]:
    """Return the names of the subfolders of a folder that hold images, at any depth."""
    inner = [file[len(root) :] for file in files if file.startswith(root)]
    return {each.split("/")[0] for each in inner if "/" in each}


def _is_split_name(name: str) -> bool:
    return not SPLIT_WORDS.isdisjoint(WORD.findall(name.lower()))


def _no_shared_classes(classes: Mapping[str, set[str]]) -> str:
    names = quote_names(sorted(classes))
    if not any(classes.values()):
        return (
            f"expected one subfolder per class, found {names}, which are names of splits, with images and no "
            f"subfolders; put the images of each class into a subfolder of theirs, or, if these are the classes, give "
            f"them other names."
        )
    content = "; ".join(f"'{name}': {quote_names(sorted(each)) or 'none'}" for name, each in sorted(classes.items()))
    return (
        f"expected the same subfolders, which are the classes, in the splits {names}, found none in common "
        f"({content}); set one of the splits as filepath, or correct the names of the subfolders."
    )
