"""What is predicted and how it is measured.

The task is that of `sakon.records.targets.infer_task`. The metric is accuracy or the root of the mean squared
error, unless the rarest class has less than 10% of the rows, and less than half of what it would have if all
classes were equally frequent: then `pr_auc` of two classes, the rare one being positive, and `f1_macro` of more,
since accuracy would hardly notice a rare class.
"""

from __future__ import annotations

from sakon.errors import DataError, ParameterError, did_you_mean
from sakon.lazy import pd
from sakon.onboarding.settings import Setting
from sakon.onboarding.sources import SHOWN_NAMES, Source
from sakon.records.targets import class_labels, infer_task

RAREST, HALF = 0.1, 0.5
FEWEST_TOO_MANY = 10
OTHER_METRICS = {
    "two": "accuracy balanced_accuracy f1_macro f1 log_loss roc_auc pr_auc expected_calibration_error",
    "many": "accuracy balanced_accuracy f1_macro log_loss roc_auc pr_auc expected_calibration_error",
    "regression": "mae rmse r2",
}


def check(name: str | None, columns: list[str], source: Source) -> str:
    """Return the target that a user named, if it is there.

    Raises:
        ParameterError: If it is not, or none was named.
    """
    if name is None:
        raise ParameterError(
            f"--target: expected the column to predict, found none named; {source.path.name} has {_listed(columns)}."
        )
    if name.strip() in columns:
        return name.strip()
    unnamed = "" if source.named else f" (line 1 of {source.path.name} looks like data, so they are numbered)"
    hint = did_you_mean(name, columns)
    hint = hint if hint.startswith("; did") else f"; they are {_listed(columns)}."
    raise ParameterError(f"--target {name}: expected one of the columns{unnamed}, found none of that name{hint}")


def _listed(columns: list[str]) -> str:
    more = f" and {len(columns) - SHOWN_NAMES} more" if len(columns) > SHOWN_NAMES else ""
    return ", ".join(f"'{name}'" for name in columns[:SHOWN_NAMES]) + more


def settings(target: pd.Series, task: str | None, source: Source) -> list[Setting]:
    """Propose task, metric and positive class of a target that is no time series.

    Args:
        target: The column, or one label per image.
        task: The task that the user wants, or `None`.
        source: Where it comes from, for messages.

    Raises:
        DataError: If nothing can be learnt from it.
    """
    known = target.dropna()
    if known.nunique() < 2:
        found = f"only {known.iloc[0]!r}" if len(known) else "none"
        raise DataError(
            f"{source.path}: target '{target.name}': expected at least two different values, found {found}."
        )
    inferred, why = _task(known)
    if (task or inferred) == "classification" and known.nunique() > max(FEWEST_TOO_MANY, len(known) / 3):
        raise DataError(
            f"{source.path}: target '{target.name}': expected classes of at least 3 rows each, found "
            f"{known.nunique():,} different values in {len(known):,} rows, such as {known.iloc[0]!r}; is it an "
            f"identifier, a text or a number that could not be read?"
        )
    if task is not None and task != inferred:
        why = f"as asked for; {inferred} would be inferred: {why}"
    chosen = task or inferred
    proposed = [Setting(("problem", "task"), chosen, why)]
    if chosen == "regression":
        return [*proposed, *_measures("rmse", "errors are squared: large ones weigh more", "regression")]
    return proposed + _classes(known)


def _task(known: pd.Series) -> tuple[str, str]:
    task, different = infer_task(known), known.nunique()
    if pd.api.types.is_bool_dtype(known) or not pd.api.types.is_numeric_dtype(known):
        return task, f"{different:,} different names"
    if different == 2:
        return task, "two different numbers"
    if task == "classification":
        return task, f"whole numbers, {different} different ones; as amounts they would be a regression"
    return task, f"numbers, {different:,} different ones"


def _classes(known: pd.Series) -> list[Setting]:
    counts = known.value_counts()
    share = float(counts.iloc[-1] / len(known))
    label = next((label for label in class_labels(known) if label == counts.index[-1]), str(counts.index[-1]))
    sort = "two" if len(counts) == 2 else "many"
    portion = f"the rarest of {len(counts)} classes, {label!r}, has {share:.1%} of the rows"
    if share >= min(RAREST, HALF / len(counts)):
        return _measures("accuracy", portion, sort)
    why = f"{portion}: accuracy would hardly notice it"
    if sort == "many":
        return _measures("f1_macro", why, sort)
    return [
        *_measures("pr_auc", why, sort),
        Setting(("problem", "positive"), label, "the rare class is the one to find"),
    ]


def _measures(chosen: str, why: str, sort: str) -> list[Setting]:
    others = [name for name in OTHER_METRICS[sort].split() if name != chosen]
    alternative = Setting(("problem", "metric"), others[0], f"or {', '.join(others[1:])}", active=False)
    return [Setting(("problem", "metric"), chosen, why), alternative]
