"""Scikit-learn models as baselines of all networks: naive, linear, gradient boosting.

The best on validation is the model of the family. Gradient boosting: Friedman 2001,
"Greedy function approximation" (doi 10.1214/aos/1013203451), in histogram form after Ke et al. 2017.

    kedro run --pipelines=baseline
"""

from .family import FAMILY, create_pipeline

__all__ = ["FAMILY", "create_pipeline"]
