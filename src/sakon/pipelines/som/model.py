"""A self-organizing map, ready for the shared `fit`."""

from __future__ import annotations

from math import prod

from sakon.families import family_of
from sakon.lazy import Network, keras
from sakon.problem import InputSpec, Problem

from .config import Config


def build(input_spec: InputSpec, config: Config, problem: Problem) -> Network:
    """Return a compiled map; `fit` gives it its size, where that is left out, and its start.

    Args:
        input_spec: What the model reads: each example is taken as one vector.
        config: Size, lattice, neighbourhood, radius.
        problem: Gives the seed of a start from examples.

    Example:
        >>> network = build(input_spec, Config(height=20, width=20), problem)
    """
    from .network import SelfOrganizingMap

    keras.utils.set_random_seed(problem.seed)
    network = SelfOrganizingMap(prod(input_spec.shape), config.model_dump(), problem.seed, name=family_of(__name__))
    network.compile(optimizer=None, jit_compile=False)
    return network
