"""scikit-learn objects as `.skops` files, loaded only if all their types are trusted."""

from __future__ import annotations

import re
import zipfile
from importlib import import_module
from pathlib import Path

import numpy as np

from sakon.errors import ModelError
from sakon.lazy import Estimator
from sakon.models.formats.base import PACKAGE, ModelFormat, digest_archive

TRUSTED_TYPES = frozenset({"numpy.dtype", "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"})
"""Types that files may contain, in addition to those trusted by skops and the estimators of this project."""

OBJECT_IDS = re.compile(rb'"__id__": \d+|"file": "\d+\.np[yz]"')
"""Memory addresses in a file; they differ each time the same object is saved."""


def load_skops(path: Path) -> Estimator:
    """Read a scikit-learn object from a `.skops` file.

    Raises:
        ModelError: If the file contains a type that is not trusted. No code of that type has run then.
    """
    import skops.io

    unknown_types = skops.io.get_untrusted_types(file=path)
    trusted_types = TRUSTED_TYPES | {name for name in unknown_types if _is_own_estimator(name)}
    if untrusted := sorted(set(unknown_types) - trusted_types):
        raise ModelError(
            f"{path}: expected only types that Sakon trusts, found {untrusted}; the file was changed, or written by "
            f"another version of Sakon: train the family again."
        )
    return skops.io.load(path, trusted=sorted(trusted_types))


def save_skops(model: Estimator, path: Path) -> None:
    """Write a scikit-learn object as a `.skops` file."""
    import skops.io

    skops.io.dump(model, path, compression=zipfile.ZIP_DEFLATED)


def _is_own_estimator(name: str) -> bool:
    """Return whether a type is an estimator of this project: its other classes and functions are not for models."""
    from sklearn.base import BaseEstimator

    module, _, attribute = name.rpartition(".")
    if not module.startswith(f"{PACKAGE}."):
        return False
    try:
        value = getattr(import_module(module), attribute, None)
    except ImportError:
        return False
    return isinstance(value, type) and issubclass(value, BaseEstimator)


def _accepts(model: object) -> bool:
    from sklearn.base import BaseEstimator

    return isinstance(model, BaseEstimator)


def _outputs(model: Estimator, x: np.ndarray) -> np.ndarray:
    from sklearn.base import is_classifier

    vectors = x.reshape(len(x), -1)
    if is_classifier(model):
        return np.asarray(model.predict_proba(vectors), dtype=np.float64)
    return np.asarray(model.predict(vectors), dtype=np.float64).reshape(len(x), -1)


def _digest(content: bytes) -> str:
    return digest_archive(content, lambda name, member: OBJECT_IDS.sub(b"", member))


FORMAT = ModelFormat(".skops", _accepts, save_skops, load_skops, _outputs, _digest)
