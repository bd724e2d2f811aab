"""Random draws that are the same at every call. This module imports Keras; import it inside functions."""

from __future__ import annotations

import keras
import numpy as np

from sakon.backends import Tensor


class FixedSeed(keras.random.SeedGenerator):  # type: ignore[misc]
    """The initial state of a seed generator, for draws that are the same at every call, as in every validation.

    The seed is read from the generator's variable. A number would be compiled into the steps of a network, which also
    train it for other seeds (`training.seeds`).

    Args:
        generator: Seed generator, which is not changed.
        offset: Added to its seed; another offset, other draws.
    """

    def __init__(self, generator: keras.random.SeedGenerator, offset: int = 0) -> None:
        self._generator, self._offset = generator, offset  # the variable is the generator's: there is no own one

    def next(self, ordered: bool = True) -> Tensor:
        """Return (seed + offset, 0), the same at every call; only the draws of the generator change its counter."""
        state = self._generator.state
        without_counter, offset = (
            keras.ops.convert_to_tensor(np.array(value), dtype=state.dtype) for value in ([1, 0], [self._offset, 0])
        )
        return state * without_counter + offset
