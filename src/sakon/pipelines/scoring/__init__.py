"""The champion answers new records: predictions, their score where the truth is known, and the inputs' drift.

Classes come with probabilities, numbers with split-conformal intervals (Lei et al. 2018, see
`sakon.metrics.conformal`); drift is measured as in `sakon.metrics.drift`. No part of a plain `kedro run`:

    kedro run --pipelines=scoring --params scoring.data=PATH
"""

from sakon.pipelines.scoring.pipeline import create_pipeline

__all__ = ["create_pipeline"]
