"""Conditional diffusion: a network that takes a little noise away, applied again and again.

Ho, Jain & Abbeel 2020, "Denoising diffusion probabilistic models" (arXiv 2006.11239); cosine schedule: Nichol &
Dhariwal 2021 (arXiv 2102.09672); velocity: Salimans & Ho 2022 (arXiv 2202.00512); quick sampling: Song, Meng &
Ermon 2021, "Denoising diffusion implicit models" (arXiv 2010.02502); guidance: Ho & Salimans 2022 (arXiv
2207.12598). It answers by a plain model trained on its samples alone.

    kedro run --pipelines=diffusion
"""

from .family import FAMILY, create_pipeline

__all__ = ["FAMILY", "create_pipeline"]
