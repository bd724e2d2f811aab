"""Convolutional network: residual 2-D blocks on images, dilated causal 1-D blocks on sequences.

Residual blocks: He et al. 2016, "Identity mappings in deep residual networks" (arXiv 1603.05027);
dilated causal convolutions: Bai, Kolter & Koltun 2018 (arXiv 1803.01271).

    kedro run --pipelines=cnn
"""

from .family import FAMILY, create_pipeline

__all__ = ["FAMILY", "create_pipeline"]
