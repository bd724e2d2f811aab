"""Fit, select and explain the scikit-learn models."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sakon.families import family_of
from sakon.families.timed_fits import TimedFits
from sakon.lazy import Estimator, go, pd
from sakon.metrics import METRICS, compute_scores, positive_index, problem_metric
from sakon.models.predict import flatten
from sakon.models.predictions import predict_examples, target_values
from sakon.problem import Examples, InputSpec, Problem, TrainingSummary
from sakon.training.class_weights import class_weights
from sakon.training.events import TrainingEvents
from sakon.wording import pluralise

from . import figures
from .config import Config
from .explanation import plan_explanation, prediction_cost, select_inputs_explained
from .model import BOOSTING, build_candidates, count_parameters

MAX_VALUES_AT_ONCE = 2**22
"""Maximum number of inputs of all shuffled copies that are predicted at once."""
MIN_CANDIDATES = 2
"""Candidates that are fitted in any case: the naive one, and one that learns."""
LOSSES = {"classification": "log_loss", "regression": "rmse", "forecast": "mae"}


@dataclass(frozen=True)
class FittedCandidate:
    """A candidate with its best variant.

    Attributes:
        name: Name of the candidate.
        model: The fitted variant.
        scores: Its metrics on validation, by name.
        parameters: Number of its fitted parameters.
        train_seconds: Seconds in which all variants were fitted and scored.
    """

    name: str
    model: Estimator
    scores: dict[str, float]
    parameters: int
    train_seconds: float

    def as_row(self) -> dict[str, str | float]:
        """Return the row of the candidate in the history."""
        sizes = {"parameters": self.parameters, "train_seconds": self.train_seconds}
        return {"candidate": self.name, **self.scores, **sizes}


def fit(
    train: Examples,
    validation: Examples,
    input_spec: InputSpec,
    config: Config,
    problem: Problem,
    events: TrainingEvents,
) -> tuple[Estimator, Estimator, pd.DataFrame, pd.DataFrame, TrainingSummary]:
    """Fit every candidate and its variants on train; select on validation by the problem's metric.

    Args:
        train: Train examples.
        validation: Validation examples, which select the model.
        input_spec: Inputs and outputs of the models.
        config: Configuration of the candidates.
        problem: Its metric and seed.
        events: Receives the end of every variant of a candidate. Its listeners may end the fits after `MIN_CANDIDATES`.

    Returns:
        The best model; the naive one; the coefficients of the linear one (`output`, `input`, `coefficient`); the
        history, one row per candidate with its metrics on validation; the summary.
    """
    candidates = build_candidates(input_spec, config, problem, len(train), class_weights(train.y, input_spec, problem))
    fitted: dict[str, FittedCandidate] = {}
    total = sum(map(len, candidates.values()))
    fits = TimedFits(events, total)
    events.begin(total, unit="models")
    try:
        for name, variants in candidates.items():
            if not fits.may_continue() and len(fitted) >= MIN_CANDIDATES:
                break
            fitted[name] = _fit_candidate(name, variants, train, validation, input_spec, problem, events, fits)
    finally:
        events.end()
    best = _select(list(fitted.values()), input_spec, problem)
    history = pd.DataFrame([candidate.as_row() for candidate in fitted.values()])
    coefficients = _coefficients(fitted["linear"].model, input_spec)
    summary = _summarize(best, history, input_spec, BOOSTING in candidates, fits)
    return best.model, fitted["naive"].model, coefficients, history, summary


def _fit_candidate(
    name: str,
    variants: list[Estimator],
    train: Examples,
    validation: Examples,
    input_spec: InputSpec,
    problem: Problem,
    events: TrainingEvents,
    fits: TimedFits,
) -> FittedCandidate:
    """Fit all variants of a candidate and return the best on validation, the first of equals.

    Args:
        name: Name of the candidate.
        variants: Its unfitted variants.
        train: Train examples.
        validation: Validation examples.
        input_spec: Inputs and outputs of the models.
        problem: Its metric.
        events: Receives the end of every variant.
        fits: Fits them; there may be no time for more than the first.
    """
    start_time = time.perf_counter()
    models: list[Estimator] = []
    scores: list[dict[str, float]] = []
    for variant in variants:
        if models and not fits.may_continue():
            break
        models.append(fits.fit(variant, lambda each: _fit_variant(each, name, train, validation)))
        scores.append(_score(models[-1], validation, input_spec, problem))
        events.end_epoch({})
    metric = problem_metric(input_spec, problem)
    sign = 1 if metric.greater_is_better else -1
    best = max(range(len(scores)), key=lambda index: scores[index][metric.name] * sign)
    seconds = round(time.perf_counter() - start_time, 3)
    return FittedCandidate(name, models[best], scores[best], count_parameters(models[best]), seconds)


def _fit_variant(model: Estimator, name: str, train: Examples, validation: Examples) -> Estimator:
    from sklearn.exceptions import ConvergenceWarning

    x, validation_x = flatten(train.x), flatten(validation.x)
    if name == "naive" and train.y.ndim == 2:
        return model  # it has no parameters to fit
    if name == BOOSTING and train.y.ndim == 2:
        targets = zip(train.y.T, validation.y.T, strict=True)
        for pipeline, (y, validation_y) in zip(model.estimators_, targets, strict=True):
            columns, trees = pipeline.named_steps.values()
            trees.fit(columns.fit_transform(x), y, X_val=columns.transform(validation_x), y_val=validation_y)
        return model
    if name == BOOSTING:  # it stops early, on the same examples as every family
        return model.fit(x, train.y, X_val=validation_x, y_val=validation.y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # large data get fewer iterations
        return model.fit(x, train.y)


def _score(model: Estimator, validation: Examples, input_spec: InputSpec, problem: Problem) -> dict[str, float]:
    predictions, targets = predict_examples(model, validation, input_spec), target_values(validation, input_spec)
    return compute_scores(input_spec.task, targets, predictions, positive_index(input_spec, problem))


def _select(candidates: list[FittedCandidate], input_spec: InputSpec, problem: Problem) -> FittedCandidate:
    """Return the best candidate on validation, the first of equals."""
    metric = problem_metric(input_spec, problem)
    values = pd.Series([candidate.scores[metric.name] for candidate in candidates])
    return candidates[int((values * (1 if metric.greater_is_better else -1)).argmax())]


def explain(
    model: Estimator, validation: Examples, input_spec: InputSpec, config: Config, problem: Problem
) -> go.Figure:
    """Draw the increase of the loss when one input, or one channel of a series, is shuffled.

    Permutation importance, Breiman 2001 (doi 10.1023/A:1010933404324), on validation. Its cost is bounded, see
    `explanation.plan_explanation`.
    """
    from threadpoolctl import threadpool_limits

    rng = np.random.default_rng(problem.seed)
    channels = input_spec.shape[1] if input_spec.horizon else int(np.prod(input_spec.shape))
    chosen = select_inputs_explained(validation, input_spec)
    plan = plan_explanation(len(chosen), prediction_cost(model, input_spec), len(validation), config.importance_repeats)
    examples = validation if len(validation) <= plan.rows else _sample(validation, rng, plan.rows)
    metric, targets = METRICS[LOSSES[input_spec.task]], target_values(examples, input_spec)
    with threadpool_limits(1, "openmp"):  # threads meet after every tree: next to other work, they mostly wait
        reference = metric(targets, predict_examples(model, examples, input_spec))
        shuffled = _predict_shuffled(model, examples, input_spec, channels, chosen, plan.repeats, rng)
        losses = np.fromiter((metric(targets, each) for each in shuffled), float).reshape(len(chosen), plan.repeats)
    increases = losses - reference
    names, shape = tuple(input_spec.features[index] for index in chosen if input_spec.features), input_spec.shape
    if input_spec.horizon:
        names, shape = tuple(name.rsplit(" ", 1)[0] for name in names), (channels,)
    work = f"Mean of {plan.repeats} {pluralise('shuffle', plan.repeats)} of {plan.rows:,} validation examples."
    if len(chosen) < channels:
        work += f"<br>Explained are the {len(chosen):,} of {channels:,} inputs that vary most."
    measure = f"increase of {metric.name}"
    return figures.importance(increases.mean(axis=1), increases.std(axis=1), names, shape, measure, work)


def _predict_shuffled(
    model: Estimator,
    examples: Examples,
    input_spec: InputSpec,
    channels: int,
    chosen: np.ndarray,
    repeats: int,
    rng: np.random.Generator,
) -> Iterator[np.ndarray]:
    """Yield the predictions of the examples with one channel shuffled, each of the chosen channels some times.

    Many shuffled copies are predicted at once: a call of the model takes as long as the prediction of many rows.
    """
    x = flatten(examples.x)
    shuffled_channels = np.repeat(chosen, repeats)
    copies_at_once = max(1, MAX_VALUES_AT_ONCE // x.size)
    for start in range(0, len(shuffled_channels), copies_at_once):
        batch = shuffled_channels[start : start + copies_at_once]
        copies = np.repeat(x[None], len(batch), axis=0)
        for copy, channel in zip(copies, batch, strict=True):
            copy[:, channel::channels] = x[rng.permutation(len(x)), channel::channels]
        y = np.concatenate([examples.y] * len(batch))
        stacked = Examples(copies.reshape(-1, x.shape[1]), y, np.tile(examples.row, len(batch)))
        yield from np.split(predict_examples(model, stacked, input_spec), len(batch))


def _sample(examples: Examples, rng: np.random.Generator, count: int) -> Examples:
    rows = rng.permutation(len(examples))[:count]
    return Examples(examples.x[rows], examples.y[rows], examples.row[rows])


def draw_coefficients(coefficients: pd.DataFrame, input_spec: InputSpec) -> go.Figure:
    """Draw the coefficients of the linear model."""
    return figures.coefficients(coefficients, input_spec.shape)


def _coefficients(linear: Estimator, input_spec: InputSpec) -> pd.DataFrame:
    values = np.atleast_2d(linear.coef_)
    outputs = [str(label) for label in input_spec.classes[-len(values) :]] or ["target"]
    if input_spec.horizon:
        outputs = [f"step {step}" for step in range(1, input_spec.horizon + 1)]
    inputs = input_spec.features or tuple(map(str, range(values.shape[1])))
    return pd.DataFrame(
        {
            "output": np.tile(outputs, len(inputs)),
            "input": np.repeat(inputs, len(outputs)),
            "coefficient": values.T.reshape(-1),
        }
    )


def _summarize(
    best: FittedCandidate, history: pd.DataFrame, input_spec: InputSpec, is_boosted: bool, fits: TimedFits
) -> TrainingSummary:
    omitted = [] if is_boosted else [f"no boosting of {len(input_spec.classes):,} classes"]
    return TrainingSummary(
        family=family_of(__name__),
        candidate="; ".join([best.name, *omitted]),
        parameters=best.parameters,
        train_seconds=round(float(history["train_seconds"].sum()), 3),
        best={f"val_{name}": value for name, value in best.scores.items()},
        fingerprint=input_spec.fingerprint,
        stopped_by=fits.stopped_by,
        stopped_after=fits.stopped_after("models"),
    )
