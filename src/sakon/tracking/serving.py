"""Serves the champion of a problem by MLflow's server, after its files were verified: `make serve`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sakon.errors import ModelError, SakonError
from sakon.interrupts import exit_status, signals_as_interrupts
from sakon.tracking.model_files import download_version
from sakon.tracking.registry import CHAMPION, describe_missing_champion, read_registry
from sakon.tracking.store import available_address

HOST, PORT = "127.0.0.1", "5001"
MAX_STOP_SECONDS = 30


def download_champion(problem: str, folder: Path) -> Path:
    """Copy the files of the champion into a folder, and compare them with what was recorded at registration.

    Args:
        problem: Name of the registered model.
        folder: An existing folder.

    Returns:
        The folder of the model.

    Raises:
        ModelError: If there is no champion, or its files are not those that were registered.
        TrackingError: If the registry cannot be read.
    """
    version = read_registry(lambda client: client.get_model_version_by_alias(problem, CHAMPION))
    if version is None:
        raise ModelError(describe_missing_champion(problem))
    try:
        return download_version(version, folder, available_address())
    except ModelError as error:
        title = f"Champion v{version.version} of '{problem}'"
        raise ModelError(f"{title} is not served. {' '.join(error.messages)}") from error


def serve(problem: str, host: str = HOST, port: str = PORT) -> int:
    """Serve a verified copy of the champion until a signal, and return the status of the server.

    Raises:
        SakonError: If there is no champion that can be served.
    """
    with tempfile.TemporaryDirectory(prefix="sakon-serving-") as folder:
        model = download_champion(problem, Path(folder))
        options = ["--env-manager", "local", "--host", host, "--port", port]
        command = [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", str(model), *options]
        # MLflow starts the programs of the environment by their names.
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        server = subprocess.Popen(command, env={**os.environ, "PATH": path})  # noqa: S603
        try:
            return server.wait()
        finally:
            if server.poll() is None:
                server.terminate()
                with suppress(subprocess.TimeoutExpired):
                    server.wait(MAX_STOP_SECONDS)


def main(arguments: Sequence[str]) -> None:
    """Serve the champion of the problem that the arguments name: its name, and optionally host and port."""
    try:
        with signals_as_interrupts():
            sys.exit(serve(*arguments))
    except KeyboardInterrupt as interrupt:
        sys.exit(exit_status(interrupt))
    except SakonError as error:
        sys.exit("\n".join(error.messages))


if __name__ == "__main__":
    main(sys.argv[1:])
