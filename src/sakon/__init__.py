"""Sakon: every family of deep learning on your data, compared honestly."""

import os
from importlib.util import find_spec

__version__ = "0.3.0"

BACKEND_VARIABLE = "KERAS_BACKEND"
"""Environment variable that names the backend of Keras."""
BACKENDS = ("tensorflow", "jax", "torch")
"""Libraries that Keras can run on; the first one that is installed is the default."""

# Read by libraries when they are first imported, so they must be set before that.
os.environ.setdefault("GOMP_SPINCOUNT", "20000")  # waiting threads leave the cores to others sooner than by default
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")


def is_installed(module: str) -> bool:
    """Return whether there is a module of that name; it is not imported."""
    try:
        return find_spec(module) is not None
    except ImportError:  # of a finder that excludes it
        return False


BACKEND_IS_REQUESTED = bool(os.environ.get(BACKEND_VARIABLE))
"""Whether the user's environment names the backend of Keras; then it is not taken from the configuration."""
if not BACKEND_IS_REQUESTED:  # otherwise a file in the home folder would choose it
    os.environ[BACKEND_VARIABLE] = next(filter(is_installed, BACKENDS), BACKENDS[0])
