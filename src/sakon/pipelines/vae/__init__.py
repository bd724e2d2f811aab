"""Variational autoencoder: a generative model with a latent code, trained on a lower bound of the likelihood.

Kingma & Welling 2014 (arXiv 1312.6114); weight of the divergence: Higgins et al. 2017 ("β-VAE"); its
warm-up: Sønderby et al. 2016 (arXiv 1602.02282); learned noise variance: Rybkin et al. 2021 (arXiv
2006.13202); importance-weighted bound: Burda et al. 2016 (arXiv 1509.00519). A linear probe on the mean of
the code predicts the target.

    kedro run --pipelines=vae
"""

from .family import FAMILY, create_pipeline

__all__ = ["FAMILY", "create_pipeline"]
