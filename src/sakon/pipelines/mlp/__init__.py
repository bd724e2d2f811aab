"""Multilayer perceptron: dense layers over the flattened example.

Rumelhart, Hinton & Williams 1986, "Learning representations by back-propagating errors"
(doi 10.1038/323533a0); RealMLP: Holzmüller, Grinsztajn & Steinwart 2024 (arXiv 2407.04491). Texts, batch
normalisation: Ioffe & Szegedy 2015 (arXiv 1502.03167).

    kedro run --pipelines=mlp
"""

import lazy_loader

# A stored network refers to layers of this folder, and is loaded where Kedro is not installed.
__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={"family": ["FAMILY", "create_pipeline"]})
