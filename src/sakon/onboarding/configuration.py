"""The configuration of a problem, as a run reads it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sakon.errors import ParameterError
from sakon.records.proposals import ProposedValue

if TYPE_CHECKING:
    from sakon.config_loader import ProblemConfigLoader


def create_loader(conf: Path, name: str) -> ProblemConfigLoader:
    """Return the project's configuration loader for a problem.

    Raises:
        ParameterError: If there is no problem of that name.
    """
    from kedro.framework.project import settings

    loader: ProblemConfigLoader = settings.CONFIG_LOADER_CLASS(str(conf), env=name, **settings.CONFIG_LOADER_ARGS)
    return loader


def read_configuration(loader: ProblemConfigLoader, key: str) -> dict[str, Any]:
    """Return one part of the configuration, such as `catalog`.

    Raises:
        ParameterError: If a file is not valid YAML, or declares a key twice.
    """
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    try:
        return dict(loader[key])
    except (YAMLError, OmegaConfBaseException, ValueError) as error:  # Kedro's parser error is a ValueError
        reason = " ".join(str(error).split())
        raise ParameterError(
            f"{key} of {loader.env or 'base'}: expected valid YAML, found invalid YAML: {reason}"
        ) from error


def as_configuration(values: Iterable[ProposedValue]) -> dict[str, Any]:
    """Return the active values as nested dictionaries, as Kedro's configuration loader would."""
    configuration: dict[str, Any] = {}
    for value in values:
        if value.active:
            block = configuration
            for key in value.path[:-1]:
                block = block.setdefault(key, {})
            block[value.path[-1]] = value.plain_value
    return configuration
