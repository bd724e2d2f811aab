"""Views, representation and label efficiency of contrastive learning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sakon.families.heads import linear_candidates, select_head
from sakon.lazy import Network, go, pd
from sakon.metrics import problem_metric
from sakon.metrics.representation import alignment, pca_projection, uniformity
from sakon.models.predict import predict_outputs
from sakon.models.predictions import mean_target
from sakon.problem import Examples, InputSpec, Problem, TrainingSummary
from sakon.training.events import TrainingEvents

from . import figures
from .budget import ComparisonPlan, plan_comparison, steps_per_epoch
from .config import Config
from .figures import FROM_SCRATCH, PROBE
from .supervised import SupervisedTraining

MAX_EXAMPLES = 4096
MAX_VIEWED = 10
MAX_POINTS = 3000


def compare_label_fractions(
    network: Network,
    training: TrainingSummary,
    train: Examples,
    validation: Examples,
    input_spec: InputSpec,
    config: Config,
    problem: Problem,
    events: TrainingEvents | None = None,
) -> pd.DataFrame:
    """Compare the linear probe with training from scratch when only a fraction of the train labels is available.

    The cost of the trainings from scratch is bounded by that of the training of the representation, see `budget`.

    Args:
        network: Trained contrastive network.
        training: Summary of the family's model: its epochs, and the metric of its probe, fitted on all labels.
        train: Examples whose labels are sampled.
        validation: Examples that choose regularization and epoch, and give the metric.
        input_spec: Inputs and outputs of the model.
        config: Fractions; maximum number of samples, and of epochs of the training from scratch.
        problem: Its metric and seed.
        events: Their listeners may end the comparison: then fractions are missing.

    Returns:
        One row per fraction, draw (fraction 1 has one) and method: `fraction`, `labels`, `draw` from 1, `method`
        (`probe` or `from scratch`), `epochs` from scratch (0 for the probe), and the problem's metric on validation.
    """
    plan = _plan(train, training, config, problem)
    features, held_out = _encode(train, network), _encode(validation, network)
    supervised = SupervisedTraining(network, validation, input_spec, plan.epochs, problem)
    metric, rows = problem_metric(input_spec, problem).name, []
    for fraction, draw, chosen in _samples_in_time(train, plan, config, problem, events or TrainingEvents()):
        probe = training.best[f"val_{metric}"]
        if fraction < 1:
            probe = _probe_value(_take(features, chosen), held_out, input_spec, problem)
        scratch = supervised.score(_take(train, chosen), problem.seed + draw)
        for method, epochs, value in ((PROBE, 0, probe), (FROM_SCRATCH, plan.epochs, scratch)):
            rows.append((fraction, len(chosen), draw + 1, method, epochs, value))
    return pd.DataFrame(rows, columns=["fraction", "labels", "draw", "method", "epochs", metric])


def _samples_in_time(
    train: Examples, plan: ComparisonPlan, config: Config, problem: Problem, events: TrainingEvents
) -> Iterator[tuple[float, int, np.ndarray]]:
    """Yield fraction, draw and rows of each sample of the labels, until a listener ends the comparison.

    The work on a sample is the trial of the work on the next one.
    """
    previous_steps = 0
    for fraction, draw in _draws(config.label_fractions, plan.draws):
        rows = _sample_labels(train, fraction, draw, problem)
        steps = steps_per_epoch(len(rows))
        if previous_steps:
            events.end_trial(previous_steps, steps)
        if events.stop_request() is not None:
            return
        events.begin_trial()
        yield fraction, draw, rows
        previous_steps = steps


def _encode(examples: Examples, network: Network) -> Examples:
    """Return examples with their features in place of the inputs."""
    return Examples(predict_outputs(network.encoder, examples.x), examples.y, examples.row)


def _probe_value(labelled: Examples, held_out: Examples, input_spec: InputSpec, problem: Problem) -> float:
    """Return the metric on validation of a linear probe that is fitted on labelled features."""
    candidates = linear_candidates(input_spec, labelled.x.shape)
    return select_head(candidates, labelled, held_out, input_spec, problem, PROBE).value


def stratified_rows(y: np.ndarray, fraction: float, rng: np.random.Generator) -> np.ndarray:
    """Return a stratified random sample of the rows.

    Args:
        y: Class indices (rows,), or targets, (rows,) or (rows, horizon).
        fraction: Fraction of the rows, in (0, 1].
        rng: Random generator.

    Returns:
        Row numbers in ascending order. Classes: the fraction of each class, at least one row. Numbers: one row
        of each of `fraction · rows` equal slices of the sorted target.
    """
    if np.issubdtype(y.dtype, np.integer):
        classes = [np.flatnonzero(y == value) for value in np.unique(y)]
        samples = [rng.choice(rows, max(1, round(fraction * len(rows))), replace=False) for rows in classes]
        return np.sort(np.concatenate(samples))
    slices = np.array_split(np.argsort(mean_target(y), kind="stable"), max(1, round(fraction * len(y))))
    return np.sort([rng.choice(rows) for rows in slices])


def measure_representation(network: Network, validation: Examples, label_fractions: pd.DataFrame) -> dict[str, float]:
    """Return alignment and uniformity on validation, and the mean metric of each method and label fraction.

    Args:
        network: Trained contrastive network.
        validation: Validation examples; the first 4,096 are used.
        label_fractions: Result of `compare_label_fractions`.
    """
    projections = np.asarray(network(validation.x[:MAX_EXAMPLES], training=False))
    metrics = {
        "validation_alignment": alignment(projections[:, 0], projections[:, 1]),
        "validation_uniformity": uniformity(projections[:, 0]),
    }
    means = label_fractions.groupby(["method", "fraction"], as_index=False)[label_fractions.columns[-1]].mean()
    for method, fraction, value in means.itertuples(index=False):
        metrics[f"{method.replace(' ', '_')}_at_{100 * fraction:g}_percent"] = float(value)
    return {name: value for name, value in metrics.items() if np.isfinite(value)}


def draw_label_fractions(label_fractions: pd.DataFrame) -> go.Figure:
    """Draw the result of `compare_label_fractions`."""
    return figures.label_fractions(label_fractions)


def draw_views(network: Network, validation: Examples, input_spec: InputSpec) -> go.Figure:
    """Draw examples and their views.

    Args:
        network: Contrastive network.
        validation: Validation examples; ten are drawn, evenly spaced.
        input_spec: Names of the features.
    """
    candidates = np.linspace(0, len(validation) - 1, min(MAX_EXAMPLES, len(validation))).astype(int)
    x = validation.x[candidates]
    chosen = np.linspace(0, len(x) - 1, min(MAX_VIEWED, len(x))).astype(int)
    first, second = (np.asarray(view)[chosen] for view in network.views(x, training=False))
    if x.ndim == 4:
        return figures.image_views(x[chosen], first, second)
    return figures.corrupted_views(x[chosen], second, input_spec.features)


def draw_embedding(network: Network, validation: Examples, input_spec: InputSpec) -> go.Figure:
    """Draw the representation of validation examples in two dimensions, coloured by the target.

    Args:
        network: Trained contrastive network.
        validation: Validation examples; the first 3,000 are drawn.
        input_spec: Classes, or the unit of the target.
    """
    positions, variances = pca_projection(predict_outputs(network.encoder, validation.x[:MAX_POINTS]))
    target = input_spec.in_unit_of_target(mean_target(validation.y[:MAX_POINTS]))
    return figures.embedding(positions, variances, target, input_spec.classes)


def _plan(train: Examples, training: TrainingSummary, config: Config, problem: Problem) -> ComparisonPlan:
    labels = {fraction: len(_sample_labels(train, fraction, 0, problem)) for fraction in config.label_fractions}
    return plan_comparison(labels, len(train), training.epochs or 0, config)


def _draws(fractions: Sequence[float], draws: int) -> list[tuple[float, int]]:
    """Return each fraction with the number of each of its draws, from 0; fraction 1 has one."""
    return [(fraction, draw) for fraction in fractions for draw in range(draws if fraction < 1 else 1)]


def _sample_labels(train: Examples, fraction: float, draw: int, problem: Problem) -> np.ndarray:
    return stratified_rows(train.y, fraction, np.random.default_rng([problem.seed, draw]))


def _take(examples: Examples, rows: np.ndarray) -> Examples:
    return Examples(examples.x[rows], examples.y[rows], examples.row[rows])
