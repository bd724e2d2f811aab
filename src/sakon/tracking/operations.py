"""What is recorded in MLflow, as data: executed at once, or written to the spool and executed later."""

from __future__ import annotations

import time
import uuid
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, TypeAdapter


def now() -> int:
    """Return the time in milliseconds, as MLflow records it."""
    return int(time.time() * 1000)


def _read_figure(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    import plotly.io

    return plotly.io.from_json(value)


Figure = Annotated[Any, BeforeValidator(_read_figure), PlainSerializer(lambda figure: figure.to_json())]


class _Operation(BaseModel):
    """One thing to record.

    Attributes:
        run: Name of the run, which is that of a family, a variant or a pipeline.
        time: When it happened, in milliseconds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants", arbitrary_types_allowed=True)

    run: str
    time: int = Field(default_factory=now)


class OpenRun(_Operation):
    """Open a new run.

    Attributes:
        title: Name that people read.
        tags: Tags.
        params: Parameters, flat.
        key: Identifies the run if this is executed twice.
    """

    kind: Literal["open"] = "open"
    title: str
    tags: dict[str, str]
    params: dict[str, str]
    key: str = Field(default_factory=lambda: uuid.uuid4().hex)


class LogMetrics(_Operation):
    """Add metrics of some steps."""

    kind: Literal["metrics"] = "metrics"
    steps: tuple[tuple[int, dict[str, float]], ...]


class SetTags(_Operation):
    """Add tags `sakon.<key>`."""

    kind: Literal["tags"] = "tags"
    tags: dict[str, str]


class LogInput(_Operation):
    """Add a dataset that the run reads.

    Attributes:
        dataset: Fields of `mlflow.entities.Dataset`.
        context: Its use; empty if not declared.
    """

    kind: Literal["input"] = "input"
    dataset: dict[str, str | None]
    context: str


class LogFigure(_Operation):
    """Add a figure as HTML.

    Attributes:
        path: Path among the run's artifacts.
        figure: A plotly figure.
    """

    kind: Literal["figure"] = "figure"
    path: str
    figure: Figure


class LogFile(_Operation):
    """Add a file.

    Attributes:
        files: Its path, by the key `file`.
    """

    kind: Literal["file"] = "file"
    files: dict[str, str]


class RegisterModel(_Operation):
    """Log and register the run's model.

    Attributes:
        files: Paths of `model`, `schema`, `input_spec`, `preprocessor` and `train_records`.
    """

    kind: Literal["model"] = "model"
    files: dict[str, str]


class DescribeVersion(_Operation):
    """Replace the description of the run's model version."""

    kind: Literal["describe"] = "describe"
    description: str


class RecordDecision(_Operation):
    """Record a decision; move the alias `champion` if a version was promoted.

    Attributes:
        version: The challenger's version, or `None`.
        promoted: Whether it becomes the champion.
        reason: Why.
        champion_version: The version that it was compared with.
    """

    kind: Literal["decision"] = "decision"
    version: str | None
    promoted: bool
    reason: str
    champion_version: str | None


INTERRUPTED = "interrupted"
"""Why a run ended that Ctrl-C or a signal ended; MLflow counts it as killed."""


class CloseRun(_Operation):
    """End the run; as failed, if there is a reason."""

    kind: Literal["close"] = "close"
    failure: str


Operation = (
    OpenRun
    | LogMetrics
    | SetTags
    | LogInput
    | LogFigure
    | LogFile
    | RegisterModel
    | DescribeVersion
    | RecordDecision
    | CloseRun
)
OPERATION: TypeAdapter[Operation] = TypeAdapter(Annotated[Operation, Field(discriminator="kind")])
