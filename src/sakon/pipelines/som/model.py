"""The self-organizing map, ready for the shared `fit`."""

from __future__ import annotations

from math import prod

from sakon.families import family_of
from sakon.lazy import Network, keras
from sakon.problem import InputSpec, Problem

from .config import Config


def build(input_spec: InputSpec, config: Config, problem: Problem) -> Network:
    """Return a compiled map; `fit` initializes it from the data and chooses its size if the configuration has none.

    Args:
        input_spec: Inputs of the model; each example is flattened.
        config: Size, lattice, neighbourhood and radius.
        problem: Its seed, which selects the examples of `start: sample`.

    Example:
        >>> network = build(input_spec, Config(height=20, width=20), problem)
    """
    from .network import SelfOrganizingMap

    keras.utils.set_random_seed(problem.seed)
    network = SelfOrganizingMap(prod(input_spec.shape), config, problem.seed, name=family_of(__name__))
    network.compile(optimizer=None, jit_compile=False)
    return network
