"""Results of a training: its summary, or why there is no model."""

from __future__ import annotations

from pydantic import Field

from sakon.problem.results import Result


class TrainingSummary(Result):
    """A finished training.

    Attributes:
        family: Name of the family.
        parameters: Number of fitted parameters of the model.
        train_seconds: Time spent on training, heads and probes included.
        fingerprint: Digest of the train records; see `InputSpec.fingerprint`.
        best: Metrics of the best epoch, or of the best candidate, by name (`loss`, `val_loss`, `val_accuracy` …).
        epochs: Epochs trained.
        best_epoch: Epoch whose weights the model has, from 1.
        candidate: Name of the chosen head or candidate, such as `linear probe`; empty where there is no choice.
        network_parameters: Parameters of the network below the head.
        details: Further numbers of the family or of the cluster.
        stopped_by: What ended the training before it was complete, such as `time budget`; empty if nothing did.
        stopped_after: How far it came then, such as `12 of 50 epochs`.
    """

    family: str
    parameters: int
    train_seconds: float
    fingerprint: str = ""
    best: dict[str, float] = Field(default_factory=dict)
    epochs: int | None = None
    best_epoch: int | None = None
    candidate: str = ""
    network_parameters: int | None = None
    details: dict[str, float] = Field(default_factory=dict)
    stopped_by: str = ""
    stopped_after: str = ""

    @property
    def note(self) -> str:
        """What predicts, and how far the training came if it was cut short."""
        cut = f"cut short after {self.stopped_after}" if self.stopped_by else ""
        return "; ".join(filter(None, [self.candidate, cut]))

    def stop(self, by: str, after: str) -> TrainingSummary:
        """Return the summary of a training that was cut short, perhaps once more: its network, then its head.

        Args:
            by: What ended it, such as `time budget`.
            after: How far it came, such as `12 of 50 epochs`.
        """
        stops = ", ".join(filter(None, [self.stopped_after, after]))
        return self.model_copy(update={"stopped_by": by, "stopped_after": stops})

    def metrics(self) -> dict[str, float]:
        """Return sizes, seconds, epochs, `best_<metric>` and details."""
        sizes = self._numbers("epochs", "best_epoch", "parameters", "network_parameters", "train_seconds")
        return sizes | {f"best_{name}": value for name, value in self.best.items()} | self.details

    def tags(self) -> dict[str, str]:
        """Return `family`, `candidate`, `fingerprint`, and `stopped_by` and `stopped_after` if it was cut short."""
        return self._texts("family", "candidate", "fingerprint", "stopped_by", "stopped_after")


class Failure(Result):
    """Why the last training of a family made no model.

    Attributes:
        reason: The reason; empty if it made one.
        is_skipped: Whether the family was skipped for lack of time, which is no error.
        shortest_minutes: Time budget of a run in which a skipped family would be trained, about; 0 if unknown.
    """

    reason: str = ""
    is_skipped: bool = False
    shortest_minutes: float = 0.0

    def tags(self) -> dict[str, str]:
        """Return `skipped`, the reason, if the family was skipped."""
        return {"skipped": self.reason} if self.is_skipped else {}
