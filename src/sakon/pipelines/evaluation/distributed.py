"""Evaluation of the families that were trained on Spark."""

from __future__ import annotations

import logging
from typing import Any

from sakon.errors import sentences_of
from sakon.lazy import pd
from sakon.models.predictions import no_predictions
from sakon.pipelines.evaluation.nodes import evaluate
from sakon.problem import EvaluationConfig, Examples, Failure, InputSpec, Problem, Scores, TrainingSummary

LOGGER = logging.getLogger("sakon")


def evaluate_distributed(
    models: dict[str, Any],
    trainings: dict[str, TrainingSummary | Failure],
    validation: Examples,
    test: Examples,
    input_spec: InputSpec,
    problem: Problem,
    evaluation: EvaluationConfig,
) -> tuple[dict[str, pd.DataFrame], dict[str, Scores]]:
    """Evaluate every family that was trained on Spark; see `evaluate`.

    Args:
        models: Trained models by family; a `Failure` in place of one that cannot be read.
        trainings: Summaries of their trainings, likewise.
        validation: Examples that choose the champion.
        test: Examples of the leaderboard.
        input_spec: Inputs and outputs of the models.
        problem: Its metric, positive class and seed.
        evaluation: Resamples and level of the intervals.

    Returns:
        Predictions and scores by family; a family that cannot be evaluated has failed, and has no predictions.
    """
    predictions, scores = {}, {}
    for family, model in models.items():
        training = trainings.get(family)
        failure = next((each for each in (model, training) if isinstance(each, Failure)), None)
        summary = training if isinstance(training, TrainingSummary) else None
        try:
            predictions[family], scores[family] = evaluate(
                model, summary, failure, validation, test, input_spec, problem, evaluation
            )
        except Exception as error:  # a family fails alone, whatever its model raises
            LOGGER.debug("%s could not be evaluated:", family, exc_info=error)
            predictions[family] = no_predictions()
            scores[family] = Scores(status="failed", note=" ".join(sentences_of(error)))
    return predictions, scores
