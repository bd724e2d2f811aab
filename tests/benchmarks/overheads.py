"""What the project adds: recording a run, starting a command, and a whole run against a plain Keras script.

    make bench

Each is compared with the plain way to do the same, in turn; the least time of each counts. The results are also
written to a JSON file.
"""

# ruff: noqa: T201
from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from measuring import ROOT, environment, make_project

ROUNDS = 3
EPOCHS, METRICS = 60, ("loss", "accuracy", "val_loss", "val_accuracy")
PARAMETERS = {f"parameter_{number}": str(number) for number in range(30)}
EMPTY_PROJECT = {
    "pyproject.toml": '[tool.kedro]\npackage_name = "empty"\nproject_name = "empty"\nkedro_init_version = "1.7.0"\n',
    "src/empty/__init__.py": "",
    "src/empty/settings.py": "",
    "src/empty/pipeline_registry.py": "from kedro.pipeline import Pipeline\n\n\ndef register_pipelines():\n"
    '    return {"__default__": Pipeline([])}\n',
    "conf/base/catalog.yml": "",
    "conf/local/.gitkeep": "",
}
WHOLE_RUN = """
import time
import keras, mlflow, pandas, plotly.graph_objects, sklearn.preprocessing, skops.io
import kedro.framework.session, kedro_datasets.pandas
from pathlib import Path
from kedro.framework.startup import bootstrap_project
bootstrap_project(Path.cwd())
from sakon.session import FamilySession
from sakon.hooks import preflight, summary
from sakon.pipelines.mlp import family, model, network
from sakon.tracking import recorder, registration, runs
started = time.perf_counter()
with FamilySession.create(Path.cwd(), env="overheads", runtime_params={"run": {"workers": 1}}) as session:
    session.run(pipeline_names=["mlp"])
print("SECONDS", time.perf_counter() - started)
"""
PLAIN_SCRIPT = """
import time
import keras, mlflow, numpy as np, pandas, plotly.graph_objects as go
from mlflow.models import infer_signature
from sakon.datasets.examples import ExamplesDataset
from sakon.pipelines.mlp.config import Config
from sakon.pipelines.mlp.model import build
from sakon.problem import InputSpec, Problem
from pathlib import Path
started = time.perf_counter()
data = Path("data/05_model_input/overheads")
train, validation = (ExamplesDataset(filepath=str(data / f"{name}.parquet")).load() for name in ("train", "validation"))
input_spec = InputSpec.model_validate_json((Path("data/04_feature/overheads") / "input_spec.json").read_text())
config, problem = Config(), Problem(kind="image", target="target")
network = build(input_spec, config, problem)
network.prepare(train, len(train) // config.batch_size)
stopping = keras.callbacks.EarlyStopping(patience=config.patience, restore_best_weights=True)
history = network.fit(
    train.x, train.y, batch_size=config.batch_size, epochs=EPOCHS_OF_RUN, verbose=0,
    validation_data=(validation.x, validation.y), callbacks=[stopping],
).history
network.save("plain.keras")
figure = go.Figure([go.Scatter(y=values, name=name) for name, values in history.items()])
hidden = keras.Model(network.input, [layer.output for layer in network.layers if layer.name.startswith("hidden_")])
spread = go.Figure([go.Violin(y=np.asarray(values).mean(axis=0)) for values in hidden(validation.x)])
mlflow.set_tracking_uri("sqlite:///plain.db")
with mlflow.start_run():
    mlflow.log_params(config.model_dump())
    for name, values in history.items():
        for epoch, value in enumerate(values, start=1):
            mlflow.log_metric(name, value, step=epoch)
    mlflow.log_figure(figure, "history.html")
    mlflow.log_figure(spread, "layers.html")
    signature = infer_signature(validation.x[:5], network.predict(validation.x[:5], verbose=0))
    mlflow.keras.log_model(network, name="model", signature=signature, registered_model_name="plain",
                           pip_requirements=[f"keras=={keras.__version__}"])
print("SECONDS", time.perf_counter() - started)
"""
"""The same network, epochs and outputs by Keras' and MLflow's own functions."""


@dataclass(frozen=True)
class Comparison:
    """The least seconds of the project and of the plain way."""

    name: str
    seconds: float
    plain_seconds: float
    target: float

    @property
    def ratio(self) -> float:
        """The project's time relative to the plain one."""
        return self.seconds / self.plain_seconds


def compare(name: str, target: float, ours: Callable[[], float], plain: Callable[[], float], rounds: int) -> Comparison:
    """Return the least seconds of both, measured in turn."""
    times = [(ours(), plain()) for _ in range(rounds)]
    return Comparison(name, min(each[0] for each in times), min(each[1] for each in times), target)


def compare_recording(folder: Path, rounds: int) -> Comparison:
    """Record 60 epochs of four metrics and thirty parameters."""
    import mlflow

    from sakon.tracking import store
    from sakon.tracking.runs import MlflowRuns

    uri = f"sqlite:///{folder / 'mlflow.db'}"
    experiment = store.prepare(uri, 30.0, "overheads") or ""
    client = mlflow.MlflowClient(uri)
    mlflow.set_tracking_uri(uri)
    steps = [(epoch, dict.fromkeys(METRICS, 1 / epoch)) for epoch in range(1, EPOCHS + 1)]

    def ours() -> float:
        started = time.perf_counter()
        runs = MlflowRuns(client, experiment, "overheads", {"mlp": PARAMETERS}, system_metrics=False)
        runs.enter("mlp")
        runs.log_steps("mlp", steps)
        runs.close_all()
        return time.perf_counter() - started

    def plain() -> float:
        started = time.perf_counter()
        with mlflow.start_run(experiment_id=experiment, run_name="mlp"):
            for name, value in PARAMETERS.items():
                mlflow.log_param(name, value)
            for epoch, metrics in steps:
                for name, value in metrics.items():
                    mlflow.log_metric(name, value, step=epoch)
        return time.perf_counter() - started

    return compare("recording a run in MLflow, against the fluent calls", 0.1, ours, plain, rounds)


def compare_listing(folder: Path, rounds: int) -> Comparison:
    """List the pipelines of this project, and those of an empty one."""
    for name, text in EMPTY_PROJECT.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / ".telemetry").write_text("consent: false\n", encoding="utf-8")
    command = [sys.executable, "-m", "kedro", "registry", "list"]

    def timed(project: Path) -> float:
        started = time.perf_counter()
        subprocess.run(command, cwd=project, env=environment(), stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - started

    return compare(
        "`kedro registry list`, against an empty project", 1.5, lambda: timed(ROOT), lambda: timed(folder), rounds
    )


def compare_whole_run(folder: Path, rounds: int) -> Comparison:
    """Run the pipeline `mlp` of digits, and a plain script that does the same; imports are not counted."""
    entry = {"type": "sakon.datasets.BundledDataset", "loader": "load_digits"}
    make_project(folder, "overheads", entry, {})
    command = [sys.executable, "-m", "kedro", "run", "--env=overheads", "--pipelines=ingestion,preprocessing"]
    subprocess.run(command, cwd=folder, env=environment(), stdout=subprocess.DEVNULL, check=True)

    def timed(program: str) -> float:
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=folder,
            env=environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        return float(next(line for line in done.stdout.splitlines() if line.startswith("SECONDS")).split()[1])

    def plain() -> float:
        history = folder / "data/08_reporting/overheads/mlp/history.csv"  # the run comes first: it says how many epochs
        epochs = len(history.read_text(encoding="utf-8").splitlines()) - 1
        return timed(PLAIN_SCRIPT.replace("EPOCHS_OF_RUN", str(epochs)))

    return compare("`kedro run --pipelines=mlp`, against a script", 1.15, lambda: timed(WHOLE_RUN), plain, rounds)


def main() -> None:
    """Compare, print a table and write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="turns of each (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=Path("build/overheads.json"), help="JSON file of the results")
    options = parser.parse_args()
    print(f"Seconds on {os.cpu_count()} cores, least of {options.rounds}")
    print(f"{'':<56}{'sakon':>9}{'plain':>9}{'ratio':>8}{'target':>8}")
    results = []
    for run in (compare_recording, compare_listing, compare_whole_run):
        with tempfile.TemporaryDirectory() as folder:
            result = run(Path(folder), options.rounds)
        results.append(asdict(result) | {"ratio": result.ratio})
        seconds = f"{result.seconds:>9.2f}{result.plain_seconds:>9.2f}{result.ratio:>8.2f}{result.target:>8.2f}"
        print(f"{result.name:<56}{seconds}", flush=True)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps({"comparisons": results}, indent=2) + "\n")


if __name__ == "__main__":
    main()
