"""Keras networks as `.keras` files, loaded in safe mode."""

from __future__ import annotations

import json
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from threading import Lock
from weakref import WeakKeyDictionary, proxy

import numpy as np

from sakon.backends import backend
from sakon.lazy import Network, keras
from sakon.models.formats.base import PACKAGE, ModelFormat, digest_archive

MAX_BATCH_ROWS = 4096
METADATA = "metadata.json"
"""Member of a `.keras` file that contains the time of saving."""

OBJECT_IDS = re.compile(rb'"shared_object_id": \d+')
"""Memory addresses in a file; they differ in each process that saves the same network."""

_compiled: WeakKeyDictionary[Network, Callable[[np.ndarray], np.ndarray]] = WeakKeyDictionary()
"""Compiled call of each network that is in use: tracing it takes longer than a call."""
_guard = Lock()


def _load(path: Path) -> Network:
    """Read a network.

    Keras finds a registered class only after its module was imported. Therefore the modules of this project which the
    file refers to are imported first.
    """
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
    for module in sorted(set(_project_modules(config))):
        import_module(module)
    return keras.models.load_model(path, safe_mode=True, compile=False)


def _project_modules(config: object) -> Iterator[str]:
    """Yield the modules of this project that the configuration of a network refers to, at any depth."""
    if isinstance(config, dict):
        module = config.get("module")
        if isinstance(module, str) and module.startswith(f"{PACKAGE}."):
            yield module
        config = list(config.values())
    if isinstance(config, list):
        for item in config:
            yield from _project_modules(item)


def _save(model: Network, path: Path) -> None:
    model.save(path)


def _outputs(model: Network, x: np.ndarray) -> np.ndarray:
    call = _compiled_call(model)
    starts = range(0, len(x), MAX_BATCH_ROWS)
    batches = [call(x[start : start + MAX_BATCH_ROWS]) for start in starts]
    return np.concatenate(batches).astype(np.float64)


def _compiled_call(model: Network) -> Callable[[np.ndarray], np.ndarray]:
    """Return the call of a network as one compiled function."""
    with _guard:  # a server predicts in several threads
        if model not in _compiled:
            network = proxy(model)  # the function must not keep its network alive
            _compiled[model] = backend().compile_call(lambda x: network(x, training=False), lambda: network.variables)
        return _compiled[model]


def _digest(content: bytes) -> str:
    return digest_archive(content, lambda name, member: b"" if name == METADATA else OBJECT_IDS.sub(b"", member))


def _is_network(model: object) -> bool:
    return "keras" in sys.modules and isinstance(model, keras.Model)  # no need to import it for other models


FORMAT = ModelFormat(".keras", _is_network, _save, _load, _outputs, _digest)
