"""The examples of a training, and how its epochs go over them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from sakon.lazy import Network
from sakon.models.predict import select_inputs
from sakon.problem import Examples, InputSpec, Problem
from sakon.training.batches import EpochPlan, epoch_steps, plan_epoch, validation_steps
from sakon.training.class_weights import class_weights, sample_weights
from sakon.training.config import FitConfig
from sakon.training.engine import DeviceExamples
from sakon.training.methods import training_methods


@dataclass(frozen=True)
class TrainingData:
    """Train and validation examples as a network reads them; trainings of several seeds share them.

    Attributes:
        train: Train examples, with the weights of their classes.
        validation: Validation examples, with the same weights.
        plan: Steps of an epoch.
        batch_size: Requested rows per step.
        order_free: Whether the order of the examples has no effect.
    """

    train: Examples
    validation: Examples
    plan: EpochPlan
    batch_size: int
    order_free: bool

    @classmethod
    def create(
        cls,
        model: Network,
        train: Examples,
        validation: Examples,
        input_spec: InputSpec,
        config: FitConfig,
        problem: Problem,
    ) -> Self:
        """Select the inputs of a network, weigh the examples as the problem says, and plan the epochs."""
        methods = training_methods(model)
        weights = class_weights(train.y, input_spec, problem) if methods.weighs_examples else None
        train, validation = (_with_weights(select_inputs(model, split), weights) for split in (train, validation))
        plan = plan_epoch(len(train), config.batch_size, methods.order_free)
        return cls(train, validation, plan, config.batch_size, methods.order_free)

    @cached_property
    def train_on_device(self) -> DeviceExamples:
        """Train examples on the device."""
        return DeviceExamples(self.train)

    @cached_property
    def validation_on_device(self) -> DeviceExamples:
        """Validation examples on the device."""
        return DeviceExamples(self.validation)

    def steps(self, seed: int, epoch: int) -> list[np.ndarray]:
        """Return the rows of the steps of an epoch, counted from 0, arrays (steps, batch)."""
        return epoch_steps(len(self.train), self.plan, seed, epoch * self.plan.steps, self.order_free)

    @cached_property
    def validation_steps(self) -> list[np.ndarray]:
        """Rows of the steps of validation, arrays (steps, batch)."""
        return validation_steps(len(self.validation), self.batch_size, self.plan)


def _with_weights(examples: Examples, weights: dict[int, float] | None) -> Examples:
    return examples if weights is None else replace(examples, weight=sample_weights(examples.y, weights))
