"""A problem's configuration, read as a run would read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sakon.errors import ParameterError


def loader_of(conf: Path, name: str) -> Any:
    """Return the project's own configuration loader for a problem.

    Raises:
        ParameterError: If there is no problem of that name.
    """
    from kedro.framework.project import settings

    return settings.CONFIG_LOADER_CLASS(str(conf), env=name, **settings.CONFIG_LOADER_ARGS)


def read(loader: Any, key: str) -> dict[str, Any]:
    """Return one sort of configuration, such as `catalog`.

    Raises:
        ParameterError: If a file is no YAML, or declares twice what may be declared once.
    """
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    try:
        return dict(loader[key])
    except (YAMLError, OmegaConfBaseException, ValueError) as error:  # the parser of Kedro derives from none of ours
        reason = " ".join(str(error).split())
        raise ParameterError(
            f"{key} of {loader.env or 'base'}: expected valid YAML, found otherwise: {reason}"
        ) from error
