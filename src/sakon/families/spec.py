"""A family as one object, from which its pipeline and everything else about it is derived."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import BaseModel

from sakon.lazy import Network
from sakon.problem import Examples, InputSpec, Problem, TrainingSummary

if TYPE_CHECKING:
    from kedro.pipeline import Node

    from sakon.training.events import TrainingEvents


class FitHead(Protocol):
    """Makes a model that predicts the target from a trained network that does something else."""

    def __call__(
        self,
        network: Network,
        network_training: TrainingSummary,
        train: Examples,
        validation: Examples,
        input_spec: InputSpec,
        problem: Problem,
        events: TrainingEvents | None = None,
    ) -> tuple[Network, TrainingSummary]:
        """Return the model, and the summary of the whole training."""


@dataclass(frozen=True)
class FamilySpec:
    """One family of models.

    Attributes:
        name: Its folder, namespace, parameter key, tag and MLflow run.
        config: Pydantic class of its parameters, the key `name` of the configuration.
        build: `build(input_spec, config, problem)` returns a compiled network for the shared `fit`; its `config`
            is annotated with the class above. `None` if the family's own nodes train.
        fit_head: How a network that does not predict the target becomes a model: by a linear probe, by a model trained
            on its samples, by its nearest unit; see `families.heads`. `None` if the network is the model.
        nodes: The family's own nodes. They read `model`, `network`, `train`, `validation`, `input_spec`, `training` …
            by these names; their outputs are named within the family. Nodes that only draw figures have the tag
            `figure`.
        is_baseline: Whether verdicts compare with this family. It also provides the dataset `naive`.
        on_many_rows: What `kedro problem new` proposes for a table of many rows, where the defaults would take long.
    """

    name: str
    config: type[BaseModel]
    build: Callable[..., Network] | None = None
    fit_head: FitHead | None = None
    nodes: tuple[Node, ...] = ()
    is_baseline: bool = False
    on_many_rows: Literal["larger batches", "fewer epochs"] | None = None

    def __post_init__(self) -> None:
        """Check that the family trains in one way.

        Raises:
            ValueError: If neither `build` nor an own node makes the model, or both do.
        """
        makes_model = any("model" in node.outputs for node in self.nodes)
        if (self.build is None) != makes_model:
            actual = "both" if makes_model else "neither"
            raise ValueError(
                f"Family {self.name}: expected `build`, or a node with the output `model`, found {actual}."
            )

    def parse_config(self, parameters: dict[str, Any]) -> BaseModel:
        """Return the family's parameters out of all parameters."""
        return self.config.model_validate(parameters.get(self.name, {}))
