"""Self-organizing map: a lattice of units; neighbouring units learn from similar examples.

Batch algorithm: Kohonen 2013, "Essentials of the self-organizing map" (doi 10.1016/j.neunet.2012.09.018); the map
itself: Kohonen 1990 (doi 10.1109/5.58325). It predicts the average target of the examples whose best-matching units are
near the example's own.

    kedro run --pipelines=som
"""

from .family import FAMILY, create_pipeline

__all__ = ["FAMILY", "create_pipeline"]
