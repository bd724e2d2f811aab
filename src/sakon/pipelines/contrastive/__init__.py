"""Contrastive learning: two changed views of an example belong together, views of different ones apart.

Images: SimCLR, Chen et al. 2020, "A simple framework for contrastive learning of visual representations"
(arXiv 2002.05709). Everything else: SCARF, Bahri et al. 2022, "Self-supervised contrastive learning using
random feature corruption" (arXiv 2106.15147). No label is read while the representation is learnt; it
answers by a linear probe. How good it is: alignment and uniformity, Wang & Isola 2020 (arXiv 2005.10242),
and what a share of the labels is worth on top of it.

    kedro run --pipelines=contrastive
"""

from .family import FAMILY, create_pipeline

__all__ = ["FAMILY", "create_pipeline"]
