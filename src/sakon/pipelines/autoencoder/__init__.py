"""Autoencoder: reconstructs its inputs through a bottleneck; examples that it reconstructs badly are anomalies.

Hinton & Salakhutdinov 2006, "Reducing the dimensionality of data with neural networks" (doi
10.1126/science.1127647); with noise on the inputs, a denoising autoencoder: Vincent et al. 2008 (doi
10.1145/1390156.1390294). A linear probe on the bottleneck predicts the target.

    kedro run --pipelines=autoencoder
"""

import lazy_loader

# A stored network refers to layers of this folder, and is loaded where Kedro is not installed.
__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={"family": ["FAMILY", "create_pipeline"]})
