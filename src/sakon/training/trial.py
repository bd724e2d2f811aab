"""A trial of the first steps of a training, by which a listener judges how long an epoch takes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sakon.lazy import Network
from sakon.training.engine import DeviceExamples, Engine
from sakon.training.events import TrainingEvents
from sakon.training.methods import all_variables, restore_variables

MAX_TRIAL_STEPS = 8
MIN_TRIAL_STEPS = 2
"""Backends compile a single step in another way than several."""


def try_first_steps(
    network: Network, engine: Engine, examples: DeviceExamples, steps: Sequence[np.ndarray], events: TrainingEvents
) -> None:
    """Run the first steps of an epoch twice, once to compile them and once as a trial, and undo them.

    All that changes during training is in variables, so the epoch that follows ends with the same bits as without a
    trial. Nothing is run if no listener needs trials.

    Args:
        network: The network, as it is before the epoch; it is the same afterwards.
        engine: Its engine.
        examples: Train examples.
        steps: Rows of the steps of the epoch, arrays (steps, batch).
        events: Receives the trial.
    """
    if not events.needs_trials or len(steps[0]) < MIN_TRIAL_STEPS:
        return
    first_steps = steps[0][:MAX_TRIAL_STEPS]
    values = [np.array(variable) for variable in all_variables(network)]
    engine.train(examples, [first_steps])
    events.begin_trial()
    engine.train(examples, [first_steps])
    events.end_trial(len(first_steps), sum(map(len, steps)))
    restore_variables(network, values)
