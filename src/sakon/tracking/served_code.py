"""The code that a registered model needs: its modules of this project, and what they import, but nothing else."""

from __future__ import annotations

import ast
import json
import re
import shutil
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import packages_distributions, version
from importlib.util import find_spec
from pathlib import Path

import sakon
from sakon import BACKENDS, lazy
from sakon.backends import backend_module
from sakon.lazy import keras
from sakon.models.bundle import SCHEMA_FILE
from sakon.models.formats.keras_format import FORMAT as KERAS_FORMAT

PACKAGE = sakon.__name__
ROOT = Path(sakon.__file__).parent
ENTRY = f"{PACKAGE}.models.serving"
DATA_PACKAGES = {"zoneinfo": "tzdata"}
"""Packages that modules of the standard library read if the system has no such data, as in slim containers."""
REFERENCE = re.compile(rb'"(?:module|__module__)":\s*"(' + PACKAGE.encode() + rb'(?:\.\w+)+)"')
"""How the files of a model refer to a module of this project."""


@dataclass(frozen=True)
class ServedCode:
    """What a model imports to predict.

    Attributes:
        modules: Modules of this project with their packages, in alphabetical order.
        libraries: Top-level modules of other distributions, in alphabetical order.
    """

    modules: tuple[str, ...]
    libraries: tuple[str, ...]

    @property
    def requirements(self) -> list[str]:
        """The distributions of the libraries, pinned to the versions that are installed here."""
        names = {_distribution(library) for library in self.libraries}
        # A local part such as `+cpu` names a build that an index does not have.
        return [f"{name}=={version(name).partition('+')[0]}" for name in sorted(names, key=str.lower)]

    def copy(self, folder: Path) -> Path:
        """Copy the modules into a folder.

        Returns:
            The folder of the package.
        """
        for module in self.modules:
            source = _file_of(module)
            target = folder / PACKAGE / source.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        return folder / PACKAGE


def find_served_code(bundle: Path) -> ServedCode:
    """Return the code of a model bundle, found by its imports; nothing is imported.

    Imports within functions count too.

    Args:
        bundle: Folder of the bundle.
    """
    kind = json.loads((bundle / SCHEMA_FILE).read_bytes())["kind"]
    files = sorted(path for path in bundle.iterdir() if path.is_file())
    entries = [ENTRY, f"{PACKAGE}.kinds.{kind}", *(name for path in files for name in _references(path))]
    if not any(path.suffix == KERAS_FORMAT.suffix for path in files):
        return trace_imports(entries)
    code = trace_imports([*entries, backend_module(keras.backend.backend())])
    others = map(backend_module, BACKENDS)  # where another backend is installed, the model can use that one, too
    return replace(code, modules=tuple(sorted({*code.modules, *others})))


def trace_imports(entries: Iterable[str]) -> ServedCode:
    """Return the modules and libraries that modules of this project import, directly or through others.

    Args:
        entries: Names of modules.
    """
    modules: set[str] = set()
    libraries: set[str] = set()
    waiting = list(entries)
    while waiting:
        name = waiting.pop()
        if name in modules:
            continue
        modules.add(name)
        if parent := name.rpartition(".")[0]:
            waiting.append(parent)
        for imported in _imports(name):
            if imported.partition(".")[0] == PACKAGE:
                waiting.append(imported)
            elif imported.partition(".")[0] not in sys.stdlib_module_names:
                libraries.add(imported.partition(".")[0])
            elif imported in DATA_PACKAGES and find_spec(DATA_PACKAGES[imported]):
                libraries.add(DATA_PACKAGES[imported])
    return ServedCode(tuple(sorted(modules)), tuple(sorted(libraries)))


def _references(path: Path) -> Iterator[str]:
    """Yield the modules of this project that a file of a model refers to, such as those of its layers."""
    if not zipfile.is_zipfile(path):
        return
    with suppress(zipfile.BadZipFile, zlib.error), zipfile.ZipFile(path) as archive:  # reading it back reports damage
        for name in archive.namelist():
            if name.endswith(".json"):
                references = (match.decode() for match in REFERENCE.findall(archive.read(name)))
                yield from (name for name in references if _is_module(name))


@cache
def _imports(module: str) -> frozenset[str]:
    """Return what a module of this project imports: modules of the project, and other modules by their full names."""
    path = _file_of(module)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    imported: set[str] = set()
    for node in _statements(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            imported.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1]) if node.level else ""
            source = ".".join(part for part in (base, node.module) if part)
            imported.add(source)
            for alias in node.names:
                if source == lazy.__name__:
                    imported.update(_lazy_library(alias.name))
                elif _is_module(f"{source}.{alias.name}"):
                    imported.add(f"{source}.{alias.name}")
    return frozenset(imported)


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a syntax tree but those that only type checkers see."""
    yield node
    is_guard = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    for child in node.orelse if is_guard and isinstance(node, ast.If) else ast.iter_child_nodes(node):
        yield from _statements(child)


def _lazy_library(name: str) -> list[str]:
    """Return the library that a name of `sakon.lazy` stands for."""
    value = getattr(lazy, name)
    return [value._name] if isinstance(value, lazy.LazyModule) else []


def _is_module(name: str) -> bool:
    return name.startswith(f"{PACKAGE}.") and any(path.is_file() for path in _candidates(name))


def _file_of(module: str) -> Path:
    path = next((path for path in _candidates(module) if path.is_file()), None)
    if path is None:
        raise ModuleNotFoundError(f"No module named '{module}'", name=module)
    return path


def _candidates(module: str) -> tuple[Path, Path]:
    path = ROOT.joinpath(*module.split(".")[1:])
    return path / "__init__.py", path.with_name(f"{path.name}.py")


@cache
def _distributions() -> Mapping[str, list[str]]:
    """Return the distributions of every top-level module; to find them takes a second."""
    return packages_distributions()


def _distribution(library: str) -> str:
    """Return the distribution of a top-level module: the one of its name if several have files in it."""
    names = sorted(set(_distributions().get(library, [library])))
    return next((name for name in names if name.lower().replace("-", "_") == library.lower()), names[0])
