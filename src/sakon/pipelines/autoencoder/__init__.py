"""Autoencoder: learns to rebuild its input through a bottleneck; what it cannot rebuild is an anomaly.

Hinton & Salakhutdinov 2006, "Reducing the dimensionality of data with neural networks" (doi
10.1126/science.1127647); with noise on the input, a denoising autoencoder: Vincent et al. 2008 (doi
10.1145/1390156.1390294). It answers by a linear probe on the bottleneck.

    kedro run --pipelines=autoencoder
"""

from .family import FAMILY, create_pipeline

__all__ = ["FAMILY", "create_pipeline"]
