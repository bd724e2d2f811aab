"""A standalone Spark cluster on this machine, on 127.0.0.1, for tests and demonstrations."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sakon.errors import ClusterError
from sakon.spark.session import check_java

HOST = "127.0.0.1"
MAX_START_SECONDS = 60.0
"""Time limit for the start of each process, and for its end."""
MASTER_CLASS = "org.apache.spark.deploy.master.Master"
WORKER_CLASS = "org.apache.spark.deploy.worker.Worker"


@contextmanager
def standalone_cluster(workers: int = 2, cores: int = 1, memory: str = "2g") -> Iterator[str]:
    """Start a cluster, yield its address, such as `spark://127.0.0.1:40123`, and stop it at the end of the block.

    Args:
        workers: Number of workers.
        cores: Cores of each worker.
        memory: Memory of each worker, in Spark's notation.

    Raises:
        ClusterError: If there is no Java, or the cluster does not start.
    """
    check_java()
    running: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryDirectory(prefix="sakon-cluster-") as folder:
        try:
            log = Path(folder) / "master.log"
            running.append(_start(MASTER_CLASS, ["--host", HOST, "--port", "0", "--webui-port", "0"], log))
            address = _wait_for(r"Starting Spark master at (spark://\S+)", log, running)
            for number in range(workers):
                options = ["--host", HOST, "--webui-port", "0", "--cores", str(cores), "--memory", memory]
                log = Path(folder) / f"worker_{number}.log"
                running.append(_start(WORKER_CLASS, [*options, "--work-dir", f"{folder}/{number}", address], log))
                _wait_for(r"(Successfully registered with master)", log, running)
            yield address
        finally:
            for process in reversed(running):
                os.killpg(process.pid, signal.SIGTERM)
            for process in running:
                process.wait(timeout=MAX_START_SECONDS)


def _start(main: str, options: list[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a process of the cluster in its own process group, which is stopped as a whole."""
    import pyspark

    command = [str(Path(pyspark.__file__).parent / "bin" / "spark-class"), main, *options]
    environment = {**os.environ, "SPARK_LOCAL_IP": HOST, "PYSPARK_PYTHON": sys.executable}
    with log.open("wb") as file:
        return subprocess.Popen(command, stdout=file, stderr=file, env=environment, start_new_session=True)  # noqa: S603


def _wait_for(pattern: str, log: Path, running: list[subprocess.Popen[bytes]]) -> str:
    """Wait until a pattern matches in a log, and return its first group.

    Raises:
        ClusterError: With the log's last line, if a process ends or the time limit is reached.
    """
    deadline = time.monotonic() + MAX_START_SECONDS
    while time.monotonic() < deadline and all(process.poll() is None for process in running):
        if match := re.search(pattern, log.read_text("utf-8", errors="replace")):
            return match[1]
        time.sleep(0.1)
    last = (log.read_text("utf-8", errors="replace").splitlines() or ["nothing"])[-1]
    raise ClusterError(
        f"Spark cluster: expected it to start within {MAX_START_SECONDS:.0f} seconds, found in its log: {last}."
    )


def main() -> None:
    """Run a cluster of two workers until it gets a signal, and print how to use it."""
    import click

    for number in (signal.SIGTERM, signal.SIGHUP):  # SIGHUP: the terminal was closed
        signal.signal(number, signal.default_int_handler)
    with suppress(KeyboardInterrupt), standalone_cluster() as address:
        click.echo(f"Spark master at {address} with two workers. In another terminal:\n")
        click.echo(f"  SPARK_MASTER={address} make run-spark\n\nCtrl-C stops it.")
        signal.pause()
    click.echo("Stopped.")


if __name__ == "__main__":
    try:
        main()
    except ClusterError as error:
        sys.exit("\n".join(error.messages))
