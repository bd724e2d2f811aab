"""Scikit-learn models as baselines of all networks: naive, linear, gradient boosting.

The best on validation is the model of the family. Gradient boosting: Friedman 2001,
"Greedy function approximation" (doi 10.1214/aos/1013203451), in histogram form after Ke et al. 2017.

    kedro run --pipelines=baseline
"""

import lazy_loader

# A stored network refers to layers of this folder, and is loaded where Kedro is not installed.
__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={"family": ["FAMILY", "create_pipeline"]})
