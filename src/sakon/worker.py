"""The program of a worker: `python -m sakon.worker` trains the families that the main process names.

Requests come on standard input and events go to standard output, see `sakon.workers.messages`. What is printed goes to
standard error. The end of standard input is the end of the main process, and of this one.
"""

from __future__ import annotations

import logging
import os
import queue
import signal
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import IO

from sakon.errors import SakonError
from sakon.interrupts import exit_status, signals_as_interrupts
from sakon.stderr import suppressed_stderr
from sakon.training.events import TrainingId, TrainingListener
from sakon.workers import MainProcessHook
from sakon.workers.channel import Channel
from sakon.workers.messages import (
    EpochEnded,
    Event,
    FamilyFinished,
    Logged,
    Recorded,
    SessionDescription,
    TrainFamily,
    TrainingBegan,
    TrainingEnded,
)

MAX_END_SECONDS = 5.0
"""Seconds after the end of the main process in which a worker removes its temporary files."""


class MainProcess:
    """The main process as a worker sees it.

    Args:
        source: Stream of its requests.
        target: Stream of events.
    """

    def __init__(self, source: IO[bytes], target: IO[bytes]) -> None:
        self._channel = Channel(source, target)
        self._requests: queue.Queue[SessionDescription | TrainFamily] = queue.Queue()
        self._answers: queue.Queue[Recorded] = queue.Queue()
        self._is_idle = True
        threading.Thread(target=self._receive, daemon=True).start()

    def next_request(self) -> SessionDescription | TrainFamily:
        """Wait for the next request and return it."""
        self._is_idle = True
        request = self._requests.get()
        self._is_idle = False
        return request

    def send(self, event: Event) -> None:
        """Send an event; nothing happens if the main process has ended, which ends this one."""
        with suppress(OSError):
            self._channel.send(event)

    def record(self, event: Event) -> None:
        """Send an event and wait until it is recorded.

        Raises:
            SakonError: If it could not be recorded.
        """
        self.send(event)
        answer = self._answers.get()
        if answer.error:
            raise SakonError(answer.error)

    def _receive(self) -> None:
        try:
            while True:
                request = self._channel.receive()
                (self._answers if isinstance(request, Recorded) else self._requests).put(request)
        except EOFError:
            if not self._is_idle:
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(MAX_END_SECONDS)
            os._exit(0)


class ForwardingListener(TrainingListener):
    """Sends the events of trainings."""

    def __init__(self, main: MainProcess) -> None:
        self._main = main

    def on_train_begin(self, training: TrainingId, total: int, done: int, unit: str) -> None:
        """Send the start."""
        self._main.send(TrainingBegan(training, total, done, unit))

    def on_epoch_end(self, training: TrainingId, epoch: int, metrics: Mapping[str, float]) -> None:
        """Send the metrics of an epoch."""
        self._main.send(EpochEnded(training, dict(metrics)))

    def on_train_end(self, training: TrainingId, epochs: int) -> None:
        """Send the end."""
        self._main.send(TrainingEnded(training))


class ForwardingHandler(logging.Handler):
    """Sends log records, which the main process prints."""

    def __init__(self, main: MainProcess) -> None:
        super().__init__()
        self._main = main

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record as text."""
        self._main.send(Logged(record.name, record.levelno, self.format(record)))


def main() -> None:
    """Train families until standard input ends."""
    for name in ("SIGINT", "SIGHUP"):  # a terminal sends them to all processes; the main process decides
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    process = _connect()
    try:
        with signals_as_interrupts():
            session = process.next_request()
            assert isinstance(session, SessionDescription)
            _prepare(session, process)
            while True:
                request = process.next_request()
                assert isinstance(request, TrainFamily)
                _train(request, session, process)
                process.send(FamilyFinished(request.family))
    except KeyboardInterrupt as interrupt:
        os._exit(exit_status(interrupt))  # libraries' threads may take long to end


def _connect() -> MainProcess:
    """Take over standard input and output; what is printed from now on goes to standard error."""
    source, target = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123  # Path has no method for it
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return MainProcess(source, target)


def _prepare(session: SessionDescription, process: MainProcess) -> None:
    """Import what trainings need, without start-up messages."""
    from kedro.framework.project import LOGGING, configure_project  # noqa: F401  # its import reads conf/logging.yml

    from sakon.training.keras_settings import pin_keras_settings

    root = logging.getLogger()
    root.handlers = [ForwardingHandler(process)]
    configure_project(session.package)
    with suppressed_stderr():
        pin_keras_settings()  # the main process says which settings of the user's are not used


def _train(request: TrainFamily, description: SessionDescription, process: MainProcess) -> None:
    """Run the nodes of a family as a session of its own does, and send what they do."""
    from kedro.framework.project import pipelines, settings
    from kedro.pipeline import Pipeline

    from sakon.datasets.events import events_in
    from sakon.runner import FamilyRunner
    from sakon.tracking.forwarding import ForwardingHook

    names = [request.family]
    pipelines.set_requested(names)
    session = settings.SESSION_CLASS.create(
        description.project,
        save_on_close=False,
        env=description.env,
        runtime_params=description.parameters,
        conf_source=description.conf_source,
    )
    hooks = session._hook_manager
    for plugin in list(hooks.get_plugins()):
        if isinstance(plugin, MainProcessHook) or plugin not in settings.HOOKS:
            hooks.unregister(plugin)
    hooks.register(ForwardingHook(process.send, process.record))
    context = session.load_context()
    context._pipelines_to_validate = names
    versions = {"save_version": description.run_id, "load_versions": description.load_versions}
    catalog = context._get_catalog(**versions)
    pipeline = Pipeline([node for node in pipelines[request.family].nodes if node.name in request.nodes])
    parameters = {"run_id": description.run_id, "pipeline_names": names, "env": description.env, "runner": "worker"}
    hooks.hook.before_pipeline_run(run_params=parameters, pipeline=pipeline, catalog=catalog)
    for events in events_in(catalog, pipeline.inputs()):
        events.subscribe(ForwardingListener(process))
    FamilyRunner(limit=request.limit).run(pipeline, catalog, hooks, run_id=description.run_id)


if __name__ == "__main__":
    main()
