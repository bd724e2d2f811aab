"""Self-organizing map: a lattice of units; neighbouring units learn from similar examples.

Batch algorithm: Kohonen 2013, "Essentials of the self-organizing map" (doi 10.1016/j.neunet.2012.09.018); the map
itself: Kohonen 1990 (doi 10.1109/5.58325). It predicts the average target of the examples whose best-matching units are
near the example's own.

    kedro run --pipelines=som
"""

import lazy_loader

# A stored network refers to layers of this folder, and is loaded where Kedro is not installed.
__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={"family": ["FAMILY", "create_pipeline"]})
