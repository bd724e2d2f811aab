"""What the main process and the process of a family say to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sakon.training.events import TrainingId
from sakon.training.time_limit import TimeLimit


@dataclass(frozen=True)
class SessionDescription:
    """The session of the main process, from which a worker makes its own.

    Attributes:
        package: Name of the project's package.
        project: Folder of the project.
        conf_source: Folder or archive of the configuration.
        env: Kedro's environment, the problem.
        parameters: Parameters of the command line.
        run_id: Identifier of the run, which is also the version of saved datasets.
        load_versions: Versions to load, by dataset.
    """

    package: str
    project: str
    conf_source: str
    env: str | None
    parameters: dict[str, Any] = field(default_factory=dict)
    run_id: str = ""
    load_versions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TrainFamily:
    """Run the nodes of a family.

    Attributes:
        family: Name of the family.
        nodes: Names of its nodes.
        limit: Its time; `None` if the run has no time budget.
    """

    family: str
    nodes: frozenset[str]
    limit: TimeLimit | None = None


@dataclass(frozen=True)
class Recorded:
    """The main process has recorded what was saved.

    Attributes:
        error: Why it could not; empty if it could.
    """

    error: str = ""


Request: TypeAlias = SessionDescription | TrainFamily | Recorded
"""What the main process sends."""


@dataclass(frozen=True)
class NodeStarted:
    """A node begins."""

    node: str


@dataclass(frozen=True)
class NodeEnded:
    """A node has run.

    Attributes:
        node: Name of the node.
        error: Its error as one line; empty if there was none.
    """

    node: str
    error: str = ""


@dataclass(frozen=True)
class DatasetLoaded:
    """A node has loaded a dataset."""

    dataset: str
    node: str


@dataclass(frozen=True)
class DatasetSaved:
    """A node has saved an output, and waits for `Recorded`.

    Attributes:
        dataset: Name of the dataset.
        node: Name of the node.
        data: What is recorded of it; `None` if the catalog declares no record.
    """

    dataset: str
    node: str
    data: Any


@dataclass(frozen=True)
class TrainingBegan:
    """A training begins; see `TrainingEvents.begin`."""

    training: TrainingId
    total: int
    done: int
    unit: str


@dataclass(frozen=True)
class EpochEnded:
    """An epoch of a training has ended."""

    training: TrainingId
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class TrainingEnded:
    """A training has ended, however it ended."""

    training: TrainingId


@dataclass(frozen=True)
class Logged:
    """A log record.

    Attributes:
        name: Name of the logger.
        level: Its level.
        text: The message, with the traceback if there is one.
    """

    name: str
    level: int
    text: str


@dataclass(frozen=True)
class Printed:
    """A line that the process printed; it comes from the main process itself, which reads what workers print."""

    line: str


@dataclass(frozen=True)
class FamilyFinished:
    """All nodes of the family have run, or the family has failed, which is saved as its failure."""

    family: str


@dataclass(frozen=True)
class FamilySkipped:
    """No time is left for a family, which no process trains; this comes from the main process itself.

    Attributes:
        family: Name of the family.
        limit: Its time, which is used up.
    """

    family: str
    limit: TimeLimit


@dataclass(frozen=True)
class ProcessEnded:
    """The process has ended; this, too, comes from the main process.

    Attributes:
        status: Its exit status; the negative number of the signal that ended it.
    """

    status: int


Event: TypeAlias = (
    NodeStarted | NodeEnded | DatasetLoaded | DatasetSaved | TrainingBegan | EpochEnded | TrainingEnded | Logged
    | Printed | FamilyFinished | FamilySkipped | ProcessEnded
)  # fmt: skip
"""What a worker sends."""
