"""Recurrent network: reads a sequence step by step; an image row by row, a table in at most 16 groups of features.

Simple recurrence: Elman 1990 (doi 10.1207/s15516709cog1402_1); LSTM: Hochreiter & Schmidhuber 1997
(doi 10.1162/neco.1997.9.8.1735); GRU: Cho et al. 2014 (arXiv 1406.1078); both directions: Schuster &
Paliwal 1997 (doi 10.1109/78.650093); layer normalisation: Ba et al. 2016 (arXiv 1607.06450).

    kedro run --pipelines=rnn
"""

import lazy_loader

# A stored network refers to layers of this folder, and is loaded where Kedro is not installed.
__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={"family": ["FAMILY", "create_pipeline"]})
