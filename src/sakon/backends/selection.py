"""The choice of the backend that Keras runs on."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec

import sakon
from sakon import BACKENDS
from sakon.errors import ParameterError, did_you_mean

VARIABLE = "KERAS_BACKEND"


def select_backend(configured: str | None = None) -> str:
    """Choose the backend of this process, and of those that it starts, and return its name.

    The environment's `KERAS_BACKEND` wins, then the configuration, then the first backend that is installed.

    Args:
        configured: The backend that the configuration names (`run.backend`).

    Raises:
        ParameterError: If the backend is unknown or not installed, or if Keras was imported with another one.
    """
    if configured and not sakon.BACKEND_IS_REQUESTED:
        os.environ[VARIABLE] = configured
    name = os.environ[VARIABLE]
    if name not in BACKENDS:
        raise ParameterError(
            f"{VARIABLE}: expected one of {', '.join(BACKENDS)}, found {name!r}{did_you_mean(name, BACKENDS)}"
        )
    if find_spec(name) is None:
        raise ParameterError(
            f"{VARIABLE}={name}: expected an installed backend, found no module {name}; run pip install -e '.[{name}]'."
        )
    if "keras" in sys.modules and (imported := sys.modules["keras"].backend.backend()) != name:
        raise ParameterError(
            f"{VARIABLE}: expected Keras to run on {name}, found that this process imported it with {imported}; start "
            f"a new process, and import sakon before keras."
        )
    return name
