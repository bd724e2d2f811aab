"""Configuration in which every environment is a problem and knows its own name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.config import OmegaConfigLoader
from omegaconf import OmegaConf

from sakon import families
from sakon.errors import ParameterError, did_you_mean

DEFAULT_PROBLEM = "digits"
NOT_PROBLEMS = frozenset({"base", "local"})


def problem_name(env: str | None) -> str:
    """Return the name of the problem that a Kedro environment configures."""
    return DEFAULT_PROBLEM if env is None or env in NOT_PROBLEMS else env


def problem_names(conf_source: Path) -> tuple[str, ...]:
    """Return the names of all problems that have a folder, the default one first."""
    folders = {path.name for path in conf_source.iterdir() if path.is_dir() and path.name[0] != "."} - NOT_PROBLEMS
    return (DEFAULT_PROBLEM, *sorted(folders))


class ProblemConfigLoader(OmegaConfigLoader):
    """Kedro's loader with `${problem:}`, the problem's name, for use in the catalog.

    Parameters of an environment are laid over those of `base` key by key, so that a problem's folder
    holds only what differs.

    Raises:
        ParameterError: If the environment has no folder.
    """

    def __init__(self, conf_source: str, env: str | None = None, *args: Any, **kwargs: Any) -> None:
        folder = Path(conf_source)
        if env == DEFAULT_PROBLEM:
            env = None
        if env is not None and folder.is_dir() and not (folder / env).is_dir():
            known = problem_names(folder)
            raise ParameterError(
                f"--env {env}: expected a problem with a folder in {folder.name}/, found none{did_you_mean(env, known)}"
            )
        self._problem = problem_name(env)
        super().__init__(conf_source, env, *args, **kwargs)

    def __getitem__(self, key: str) -> dict[str, Any]:
        """Return one sort of configuration, such as `catalog`, with the problem's name filled in.

        A family that has no file of parameters stands there with the defaults of its `Config`.
        """
        # Resolvers are global to the process, where several problems may be open at once.
        OmegaConf.register_new_resolver("problem", lambda: self._problem, replace=True)
        configuration: dict[str, Any] = super().__getitem__(key)
        return {family: {} for family in families.names()} | configuration if key == "parameters" else configuration
