"""Predictions of the champion for new records, their scores if the records have targets, and the drift of the inputs.

Classification predictions have probabilities; regression predictions and forecasts have split-conformal intervals (Lei
et al. 2018, see `sakon.metrics.conformal`). For drift see `sakon.metrics.drift`. A plain `kedro run` does not include
this pipeline:

    kedro run --pipelines=scoring --params scoring.data=PATH
"""

from sakon.pipelines.scoring.pipeline import create_pipeline

__all__ = ["create_pipeline"]
