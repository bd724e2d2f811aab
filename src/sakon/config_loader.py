"""Configuration in which every environment is a problem and knows its own name."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Any

from kedro.config import OmegaConfigLoader
from omegaconf import OmegaConf

from sakon import families, kinds
from sakon.errors import ParameterError, did_you_mean

DEFAULT_PROBLEM = "digits"
NOT_PROBLEMS = frozenset({"base", "local"})

LIKE = "like"
PLACES = ("filepath", "path")
OF_ONE_FILE = ("versioned", "validator", "metadata")


def problem_name(env: str | None) -> str:
    """Return the name of the problem that a Kedro environment configures."""
    return DEFAULT_PROBLEM if env is None or env in NOT_PROBLEMS else env


def problem_names(conf_source: Path) -> tuple[str, ...]:
    """Return the names of all problems that have a folder, the default one first."""
    folders = {path.name for path in conf_source.iterdir() if path.is_dir() and path.name[0] != "."} - NOT_PROBLEMS
    return (DEFAULT_PROBLEM, *sorted(folders))


class ProblemConfigLoader(OmegaConfigLoader):
    """Kedro's loader, with words of its own for use in the catalog.

    `${problem:}` is the problem's name, `${spark:}` Spark's settings, `${data:KEY,DEFAULT}` the path that `KEY.data`
    of the parameters names.

    Parameters of an environment are laid over those of `base` key by key, so that a problem's folder
    holds only what differs. A catalog entry that says `like: NAME` is read as that entry is, from the file
    of new records.

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
        OmegaConf.register_new_resolver("spark", lambda: self["spark"], replace=True)
        OmegaConf.register_new_resolver("data", self._data_path, replace=True)
        configuration: dict[str, Any] = super().__getitem__(key)
        if key == "catalog":
            return {name: self._as_its_like(entry, configuration) for name, entry in configuration.items()}
        return {family: {} for family in families.names()} | configuration if key == "parameters" else configuration

    def _data_path(self, key: str, default: str) -> str:
        """Return the path that a parameter `<key>.data` names, else the default."""
        return str((self["parameters"].get(key) or {}).get("data") or default)

    def _as_its_like(self, entry: Any, catalog: dict[str, Any]) -> Any:
        """Return an entry; one that says `like: NAME` with the type and settings of that one, for new records.

        These lie at `scoring.data`, or beside the problem's raw data as `new`, with the suffix of their like.
        Where that is no file (it comes with a library, or from a database), new records have the kind's `raw_format`.
        """
        if not isinstance(entry, dict) or LIKE not in entry:
            return entry
        parameters = self["parameters"]
        like = catalog[entry[LIKE]]
        while isinstance(like.get("dataset"), dict) and not any(place in like for place in PLACES):
            like = like["dataset"]  # what fetches a file is about that one file
        place = next((each for each in PLACES if each in like), None)
        if place is None:
            place, raw_format = PLACES[0], _raw_format(parameters["problem"]["kind"])
            like, suffix = {"type": raw_format.dataset}, raw_format.suffix
        else:
            suffix = PurePath(like[place]).suffix
        given = (parameters.get("scoring") or {}).get("data")
        own = {name: value for name, value in entry.items() if name != LIKE}
        new = str(given or f"data/01_raw/{self._problem}/new{suffix}")
        return {name: value for name, value in like.items() if name not in OF_ONE_FILE} | {place: new} | own


def _raw_format(kind: str) -> kinds.RawFormat:
    """Return the format of new records of a kind; of an unknown kind, which is reported before a run, the default."""
    return (kinds.get(kind) if kind in kinds.names() else kinds.Kind).raw_format
