"""Variational autoencoder: a generative model with a latent code, trained on a lower bound of the likelihood.

Kingma & Welling 2014 (arXiv 1312.6114); weight of the divergence: Higgins et al. 2017 ("β-VAE"); its
warm-up: Sønderby et al. 2016 (arXiv 1602.02282); learned noise variance: Rybkin et al. 2021 (arXiv
2006.13202); importance-weighted bound: Burda et al. 2016 (arXiv 1509.00519). A linear probe on the mean of
the code predicts the target.

    kedro run --pipelines=vae
"""

import lazy_loader

# A stored network refers to layers of this folder, and is loaded where Kedro is not installed.
__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={"family": ["FAMILY", "create_pipeline"]})
