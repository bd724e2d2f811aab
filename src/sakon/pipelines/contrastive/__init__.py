"""Contrastive learning: learns a representation in which two views of one example are close and others are far.

Images: SimCLR, Chen et al. 2020, "A simple framework for contrastive learning of visual representations"
(arXiv 2002.05709). Other kinds: SCARF, Bahri et al. 2022, "Self-supervised contrastive learning using random
feature corruption" (arXiv 2106.15147). The representation is learned without labels; a linear probe on it
predicts the target. Its quality is measured by alignment and uniformity, Wang & Isola 2020 (arXiv 2005.10242),
and by the probe's metric when only a fraction of the labels is available.

    kedro run --pipelines=contrastive
"""

import lazy_loader

# A stored network refers to layers of this folder, and is loaded where Kedro is not installed.
__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={"family": ["FAMILY", "create_pipeline"]})
