"""Is all in order with a problem? Nothing is trained, nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sakon.config_loader import problem_name
from sakon.errors import DataError, ParameterError
from sakon.hooks.preflight import parameter_faults, raw_file_fault
from sakon.onboarding.configuration import loader_of, read

MOST_NAMED = 6
MANY_MISSING = 0.05


@dataclass(frozen=True)
class Checked:
    """A problem that is in order.

    Attributes:
        name: Its name.
        env: The environment of `kedro run`.
        profile: As ingestion makes it; empty where the raw data have yet to be downloaded.
        parts: Rows of train, validation and test.
        remarks: What of the profile deserves attention, one sentence each.
    """

    name: str
    env: str | None
    profile: dict[str, Any]
    parts: dict[str, int]
    remarks: tuple[str, ...]


def check(project: Path, conf: Path, name: str) -> Checked:
    """Validate configuration and data of a problem.

    Raises:
        ParameterError: Naming every fault of the configuration.
        DataError: Naming every fault of the data.
        kedro.io.DatasetError: If the raw data cannot be read.
    """
    from kedro.framework.session import KedroSession

    loader = loader_of(conf, name)
    faults = [*parameter_faults(loader), *_catalog_faults(read(loader, "catalog"))]
    if faults:
        raise ParameterError(*faults)
    session: Any = KedroSession.create(project, env=loader.env)
    with session:
        context = session.load_context()
        dataset = context.catalog.get("raw")
        if not dataset.exists():
            raise DataError(raw_file_fault(dataset, project))
        if _is_still_elsewhere(dataset):
            remark = f"The raw data are not here yet: the first run downloads {_shown(dataset, project)}."
            return Checked(problem_name(name), loader.env, {}, {}, (remark,))
        profile, parts = _examined(context.catalog.load("raw"), context.params["problem"])
    return Checked(problem_name(name), loader.env, profile, parts, tuple(remarks(profile)))


def _catalog_faults(catalog: dict[str, Any]) -> list[str]:
    """Return a sentence for every entry that makes no dataset."""
    from kedro.io import DataCatalog, DatasetError

    faults = []
    for name, entry in catalog.items():
        if "{" in name or not isinstance(entry, dict):
            continue
        try:
            DataCatalog.from_config({name: entry}).get(name)
        except DatasetError as error:
            faults.append(f"catalog.yml, {name}: {' '.join(str(error).split())}")
    return faults


def _is_still_elsewhere(dataset: Any) -> bool:
    path = getattr(dataset, "_filepath", None)
    return path is not None and not Path(str(path)).exists()


def _shown(dataset: Any, project: Path) -> str:
    path = Path(str(dataset._filepath))
    return str(path.relative_to(project)) if path.is_relative_to(project) else str(path)


def _examined(raw: Any, problem: Any) -> tuple[dict[str, Any], dict[str, int]]:
    from sakon.pipelines.ingestion.nodes import make_records

    profile = make_records(raw, problem)[2]
    return profile, profile["examples"]


def remarks(profile: dict[str, Any]) -> list[str]:
    """Return what of a profile deserves attention, one sentence each."""
    rows, found = profile["rows"], []
    if profile["rows_without_target"]:
        found.append(f"{profile['rows_without_target']:,} rows without a target are left out.")
    missing = {name: count / rows for name, count in profile["missing"].items() if count >= MANY_MISSING * rows}
    if missing:
        ranked = sorted(missing, key=lambda name: -missing[name])
        found.append(f"Missing values: {_listed([f'{name} {missing[name]:.0%}' for name in ranked])}.")
    if profile["duplicated_rows"]:
        found.append(f"{profile['duplicated_rows']:,} rows repeat the features of another; such rows stay in one part.")
    if profile["rows_that_differ_only_in_target"]:
        count = profile["rows_that_differ_only_in_target"]
        found.append(f"{count:,} times equal features have different targets: no model can tell them apart.")
    if profile["constant_columns"]:
        found.append(f"Constant, so of no use: {_listed(profile['constant_columns'])}.")
    if profile["suspicious_leaks"]:
        leaks = _listed([f"{name} ({share:.0%})" for name, share in profile["suspicious_leaks"].items()])
        found.append(f"Nearly give the target away: {leaks}; known before it? Else {_way_out(profile)}.")
    if len(profile["sum_leak"]) > 1:
        names = _listed(profile["sum_leak"])
        found.append(f"Add up to the target: {names}; known before it? Else {_way_out(profile)}.")
    return found


def _way_out(profile: dict[str, Any]) -> str:
    if profile["task"] == "forecast":
        return "take them out of problem.options.known"
    return "put them into problem.options.ignore"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
