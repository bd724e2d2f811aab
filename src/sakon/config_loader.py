"""Configuration: every environment is a problem."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path, PurePath
from typing import Any

from kedro.config import OmegaConfigLoader
from omegaconf import OmegaConf

from sakon import families, kinds
from sakon.errors import ParameterError, did_you_mean
from sakon.run_options import environment_name, expand_home

DEFAULT_PROBLEM = "digits"
NOT_PROBLEMS = frozenset({"base", "local"})
LISTED_PROTOCOLS = ("file", "tar", "zip")
"""Forms of the configuration whose folders can be listed: a folder, or an archive."""

LIKE, SCHEMA = "like", "schema"
PATH_KEYS = ("filepath", "path")
NEW_RECORDS = "sakon.datasets.NewRecordsDataset"
FILE_SETTINGS = ("versioned", "validator", "metadata")
"""Settings that new records do not share with the raw data."""


def problem_name(env: str | None) -> str:
    """Return the name of the problem that a Kedro environment configures."""
    name = environment_name(env or "")
    return DEFAULT_PROBLEM if not name or name in NOT_PROBLEMS else name


def problem_names(conf_source: Path) -> tuple[str, ...]:
    """Return the names of all problems that have a folder, the default one first."""
    folders = {path.name for path in conf_source.iterdir() if path.is_dir() and path.name[0] != "."} - NOT_PROBLEMS
    return (DEFAULT_PROBLEM, *sorted(folders))


class ProblemConfigLoader(OmegaConfigLoader):
    """Kedro's loader with three resolvers and the key `like` for the catalog.

    `${problem:}` is the name of the problem, `${spark:}` the settings of Spark, `${data:KEY,DEFAULT}` the value of the
    parameter `KEY.data`, or the default.

    Parameters of an environment override those of `base` key by key: a problem's folder contains only the differences.
    A catalog entry with `like: NAME` has the type and settings of that entry, for the file of new records; with
    `schema: NAME` the schema in that entry types its columns.

    Raises:
        ParameterError: If the environment has no folder.
    """

    def __init__(self, conf_source: str, env: str | None = None, *args: Any, **kwargs: Any) -> None:
        env = environment_name(env) if env else None
        if env == DEFAULT_PROBLEM:
            env = None
        self._problem = problem_name(env)
        if "://" not in conf_source and not Path(conf_source).exists():
            raise ParameterError(
                f"{conf_source}: expected the folder of the configuration, found none; change to the project's folder, "
                f"or name the configuration by --conf-source."
            )
        super().__init__(conf_source, env, *args, **kwargs)
        if env is not None and self._protocol in LISTED_PROTOCOLS:
            self._check_environment(env)

    def _check_environment(self, env: str) -> None:
        """Raise an error if the folder or archive of the configuration has no folder of that name."""
        root = Path(self._get_conf_env_path("base")).parent
        paths = (path for path in self._fs.ls(root.as_posix(), detail=False) if self._fs.isdir(path))
        folders = {name for path in paths if (name := Path(path).name)[0] != "."}
        if env not in folders:
            problems = {DEFAULT_PROBLEM, *(folders - NOT_PROBLEMS)}
            raise ParameterError(
                f"--env {env}: expected a problem with a folder in {root.name}/, found none"
                f"{did_you_mean(env, problems)}"
            )

    def __getitem__(self, key: str) -> dict[str, Any]:
        """Return a copy of one type of configuration, such as `catalog`.

        A family without parameters has an empty block, so that the defaults of its `Config` apply. The files are read
        only once: one session asks for its parameters a dozen times.
        """
        if key not in self:
            self[key] = self._read(key)
        return deepcopy(self.data[key])

    def _read(self, key: str) -> dict[str, Any]:
        # Resolvers are global to the process, in which several problems may be open.
        OmegaConf.register_new_resolver("problem", lambda: self._problem, replace=True)
        OmegaConf.register_new_resolver("spark", lambda: self["spark"], replace=True)
        OmegaConf.register_new_resolver("data", self._data_path, replace=True)
        configuration: dict[str, Any] = super().__getitem__(key)
        if key == "catalog":
            return {name: self._resolve_like(entry, configuration) for name, entry in configuration.items()}
        return {family: {} for family in families.names()} | configuration if key == "parameters" else configuration

    def _data_path(self, key: str, default: str) -> str:
        """Return the value of the parameter `<key>.data`, or the default."""
        return expand_home(str((self["parameters"].get(key) or {}).get("data") or default))

    def _resolve_like(self, entry: Any, catalog: dict[str, Any]) -> Any:
        """Return a catalog entry; if it has the key `like: NAME`, with the type and settings of that entry.

        The path is `scoring.data`, by default `data/01_raw/<problem>/new` with the suffix of the other entry. If that
        entry is not a file (it comes from a library or a database), new records have the kind's `raw_format`.
        """
        if not isinstance(entry, dict) or LIKE not in entry:
            return entry
        parameters = self["parameters"]
        like = catalog[entry[LIKE]]
        while "url" in like and isinstance(like.get("dataset"), dict):
            like = like["dataset"]  # the dataset around it downloads the file of the raw data
        new = self._with_new_path(like, parameters)
        own = {name: value for name, value in entry.items() if name not in (LIKE, SCHEMA)}
        if SCHEMA not in entry:
            return new | own
        schema = {name: value for name, value in catalog[entry[SCHEMA]].items() if name != "metadata"}
        return {"type": NEW_RECORDS, "dataset": new, "schema": schema} | own

    def _with_new_path(self, like: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
        """Return the entry of the raw data for the file of new records."""
        shared = {name: value for name, value in like.items() if name not in FILE_SETTINGS}
        path_key = next((key for key in PATH_KEYS if key in like), None)
        if path_key is None and isinstance(like.get("dataset"), dict):
            return shared | {"dataset": self._with_new_path(like["dataset"], parameters)}
        if path_key is None:
            path_key, raw_format = PATH_KEYS[0], _raw_format(parameters["problem"]["kind"])
            shared, suffix = {"type": raw_format.dataset}, raw_format.suffix
        else:
            suffix = PurePath(like[path_key]).suffix
        path = (parameters.get("scoring") or {}).get("data") or f"data/01_raw/{self._problem}/new{suffix}"
        return shared | {path_key: expand_home(str(path))}


def _raw_format(kind: str) -> kinds.RawFormat:
    """Return the format of new records of a kind; of an unknown kind, which is reported before a run, the default."""
    return (kinds.get(kind) if kind in kinds.names() else kinds.Kind).raw_format
