"""Variational autoencoder: a generative model with a latent code, trained on a bound of the likelihood.

Kingma & Welling 2014 (arXiv 1312.6114); weight of the divergence: Higgins et al. 2017 ("β-VAE"); its
warm-up: Sønderby et al. 2016 (arXiv 1602.02282); a learnt noise level: Rybkin et al. 2021 (arXiv
2006.13202); the tighter bound: Burda et al. 2016 (arXiv 1509.00519). It answers by a linear probe on
the mean of the code.

    kedro run --pipelines=vae
"""

from .family import FAMILY, create_pipeline

__all__ = ["FAMILY", "create_pipeline"]
