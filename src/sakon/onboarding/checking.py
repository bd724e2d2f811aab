"""Checks the configuration and the data of a problem; nothing is trained or written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sakon import kinds
from sakon.config_loader import problem_name
from sakon.configuration_checks import missing_raw_file_error, parameter_errors
from sakon.errors import DataError, ParameterError
from sakon.onboarding.configuration import create_loader, read_configuration
from sakon.problem import DataProfile, Problem
from sakon.records.profile import describe_records
from sakon.wording import format_list

if TYPE_CHECKING:
    from kedro.io import AbstractDataset

MIN_MISSING_SHARE = 0.05


@dataclass(frozen=True)
class CheckResult:
    """The result of a check that found no errors.

    Attributes:
        name: Name of the problem.
        env: The environment of `kedro run`.
        profile: The profile of the data that ingestion makes; `None` if the raw data are not downloaded yet.
        warnings: Properties of the data that need attention, one sentence each.
    """

    name: str
    env: str | None
    profile: DataProfile | None
    warnings: tuple[str, ...]


def check_problem(project: Path, conf: Path, name: str) -> CheckResult:
    """Validate the configuration and the data of a problem.

    Raises:
        ParameterError: With every error of the configuration.
        DataError: With every error of the data.
        kedro.io.DatasetError: If the raw data cannot be read.
    """
    from kedro.framework.session import KedroSession

    loader = create_loader(conf, name)
    errors = [*parameter_errors(loader), *_catalog_errors(read_configuration(loader, "catalog"))]
    if errors:
        raise ParameterError(*errors)
    session: Any = KedroSession.create(project, env=loader.env)
    with session:
        context = session.load_context()
        dataset = context.catalog.get("raw")
        if not dataset.exists():
            raise DataError(missing_raw_file_error(dataset, project))
        if (path := _missing_file(dataset)) is not None:
            local = path.relative_to(project) if path.is_relative_to(project) else path
            warning = f"The raw data are not downloaded yet: the first run downloads {local}."
            return CheckResult(problem_name(name), loader.env, None, (warning,))
        profile = _profile_data(context.catalog.load("raw"), context.params["problem"])
    return CheckResult(problem_name(name), loader.env, profile, tuple(profile_warnings(profile)))


def _catalog_errors(catalog: dict[str, Any]) -> list[str]:
    """Return a sentence for every entry from which no dataset can be created."""
    from kedro.io import DataCatalog, DatasetError

    errors = []
    for name, entry in catalog.items():
        if "{" in name or not isinstance(entry, dict):
            continue
        try:
            DataCatalog.from_config({name: entry}).get(name)
        except DatasetError as error:
            errors.append(f"catalog.yml, {name}: {' '.join(str(error).split())}")
    return errors


def _missing_file(dataset: AbstractDataset[Any, Any]) -> Path | None:
    """Return the file of a dataset that can provide its data, but has not downloaded them yet; otherwise `None`."""
    filepath = getattr(dataset, "_filepath", None)
    if filepath is None or Path(str(filepath)).exists():
        return None
    return Path(str(filepath))


def _profile_data(raw: Any, problem: Problem) -> DataProfile:
    from sakon.pipelines.ingestion.nodes import make_records

    return make_records(raw, problem)[2]


def profile_warnings(profile: DataProfile) -> list[str]:
    """Return what needs attention in the profile of the data, one sentence each."""
    return [*_row_warnings(profile), *_column_warnings(profile)]


def _row_warnings(profile: DataProfile) -> Iterator[str]:
    yield from describe_records(profile)
    if profile.duplicated_rows:
        yield f"{profile.duplicated_rows:,} rows repeat the features of another row; such rows stay in one split."
    if profile.rows_that_differ_only_in_target:
        count = profile.rows_that_differ_only_in_target
        yield f"Equal features have different targets in {count:,} cases, which no model can distinguish."


def _column_warnings(profile: DataProfile) -> Iterator[str]:
    rows = profile.rows
    missing = {name: count / rows for name, count in profile.missing.items() if count >= MIN_MISSING_SHARE * rows}
    if missing:
        most_first = sorted(missing, key=lambda name: -missing[name])
        yield f"Missing values: {format_list([f'{name} {missing[name]:.0%}' for name in most_first])}."
    if profile.constant_columns:
        yield f"Constant columns, which no model can use: {format_list(profile.constant_columns)}."
    if profile.suspicious_leaks:
        leaks = format_list([f"{name} ({share:.0%})" for name, share in profile.suspicious_leaks.items()])
        yield f"Possible target leakage: {leaks}. {_leak_advice(profile)}"
    if len(profile.sum_leak) > 1:
        yield f"These columns add up to the target: {format_list(profile.sum_leak)}. {_leak_advice(profile)}"


def _leak_advice(profile: DataProfile) -> str:
    """Return how to exclude columns, which depends on the options that the kind has."""
    excluded_by_listing = "ignore" in kinds.get(profile.kind).options_class.model_fields
    how = "list them in problem.options.ignore" if excluded_by_listing else "remove them from problem.options.known"
    return f"Exclude columns that are not available at prediction time: {how}."
