"""The choice of the backend that Keras runs on."""

from __future__ import annotations

import os
import sys

import sakon
from sakon import BACKEND_VARIABLE, BACKENDS
from sakon.errors import ParameterError, did_you_mean


def select_backend(configured: str | None = None) -> str:
    """Choose the backend of this process, and of those that it starts, and return its name.

    The environment's `KERAS_BACKEND` wins, then the configuration, then the first backend that is installed.

    Args:
        configured: The backend that the configuration names (`run.backend`).

    Raises:
        ParameterError: If the backend is unknown or not installed, or if Keras was imported with another one.
    """
    if configured and not sakon.BACKEND_IS_REQUESTED:
        os.environ[BACKEND_VARIABLE] = configured
    name = os.environ[BACKEND_VARIABLE]
    if name not in BACKENDS:
        raise ParameterError(
            f"{BACKEND_VARIABLE}: expected one of {', '.join(BACKENDS)}, found {name!r}{did_you_mean(name, BACKENDS)}"
        )
    if not sakon.is_installed(name):
        raise ParameterError(
            f"{BACKEND_VARIABLE}={name}: expected an installed backend, found no module {name}; run "
            f"pip install -e '.[{name}]'."
        )
    if "keras" in sys.modules and (imported := sys.modules["keras"].backend.backend()) != name:
        raise ParameterError(
            f"{BACKEND_VARIABLE}: expected Keras to run on {name}, found that this process imported it with "
            f"{imported}; start a new process, and import sakon before keras."
        )
    return name
