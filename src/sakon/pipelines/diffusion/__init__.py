"""Conditional diffusion model: generates samples by removing noise step by step.

Ho, Jain & Abbeel 2020, "Denoising diffusion probabilistic models" (arXiv 2006.11239); cosine schedule: Nichol &
Dhariwal 2021 (arXiv 2102.09672); velocity: Salimans & Ho 2022 (arXiv 2202.00512); fast sampling: Song, Meng &
Ermon 2021, "Denoising diffusion implicit models" (arXiv 2010.02502); guidance: Ho & Salimans 2022 (arXiv
2207.12598). A scikit-learn model trained on its samples alone predicts the target (train on synthetic, test on
real).

    kedro run --pipelines=diffusion
"""

import lazy_loader

# A stored network refers to layers of this folder, and is loaded where Kedro is not installed.
__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={"family": ["FAMILY", "create_pipeline"]})
