"""Convolutional network: residual 2-D blocks on images, dilated causal 1-D blocks on sequences.

Residual blocks: He et al. 2016, "Identity mappings in deep residual networks" (arXiv 1603.05027);
dilated causal convolutions: Bai, Kolter & Koltun 2018 (arXiv 1803.01271).

    kedro run --pipelines=cnn
"""

import lazy_loader

# A stored network refers to layers of this folder, and is loaded where Kedro is not installed.
__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={"family": ["FAMILY", "create_pipeline"]})
