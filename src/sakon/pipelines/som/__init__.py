"""Self-organizing map: a lattice of units that learn together with their neighbours, so that like examples lie close.

Batch algorithm: Kohonen 2013, "Essentials of the self-organizing map" (doi 10.1016/j.neunet.2012.09.018);
the map itself: Kohonen 1990 (doi 10.1109/5.58325). It answers by the targets around the best-matching unit.

    kedro run --pipelines=som
"""

from .family import FAMILY, create_pipeline

__all__ = ["FAMILY", "create_pipeline"]
