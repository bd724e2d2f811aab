"""Conditional Wasserstein GAN: a generator that a critic cannot tell from the data.

Arjovsky, Chintala & Bottou 2017, "Wasserstein GAN" (arXiv 1701.07875); with gradient penalty: Gulrajani et
al. 2017, "Improved training of Wasserstein GANs" (arXiv 1704.00028). It answers by a plain model trained on
its samples alone.

    kedro run --pipelines=gan
"""

from .family import FAMILY, create_pipeline

__all__ = ["FAMILY", "create_pipeline"]
