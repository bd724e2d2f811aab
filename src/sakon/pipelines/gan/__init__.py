"""Conditional Wasserstein GAN: a generator trained against a critic, which scores real examples above samples.

Arjovsky, Chintala & Bottou 2017, "Wasserstein GAN" (arXiv 1701.07875); with gradient penalty: Gulrajani et
al. 2017, "Improved training of Wasserstein GANs" (arXiv 1704.00028). A scikit-learn model trained on its samples
alone predicts the target (train on synthetic, test on real).

    kedro run --pipelines=gan
"""

import lazy_loader

# A stored network refers to layers of this folder, and is loaded where Kedro is not installed.
__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={"family": ["FAMILY", "create_pipeline"]})
