"""A registered version, and what registers one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import mlflow


@dataclass(frozen=True)
class LoggedVersion:
    """A registered version and the logged model that it is of.

    Attributes:
        number: Number of the version in the registry.
        model_id: Id of the logged model.
    """

    number: str
    model_id: str | None


class RunStore(Protocol):
    """The runs of a problem, as registration needs them.

    Attributes:
        client: MLflow client of the store.
        experiment: Id of the problem's experiment.
        problem: Name of the problem and of its registered model.
        parameters: Typed parameters by key, as Kedro's context holds them.
    """

    client: mlflow.MlflowClient
    experiment: str
    problem: str
    parameters: dict[str, Any]

    def id_of(self, name: str) -> str | None:
        """Return the id of a run, or `None` if it does not exist."""

    def params_of(self, name: str) -> dict[str, str]:
        """Return the parameters of a run, flat."""
