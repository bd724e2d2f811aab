"""A small project around the real hook, the real datasets, Kedro's own runner and a real SQLite store."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from fabricate import BY_NAME
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.io import DataCatalog
from kedro.pipeline import Node, Pipeline
from kedro.runner import SequentialRunner
from sklearn.linear_model import LogisticRegression, Ridge

from sakon import kinds
from sakon.pipelines.ingestion.nodes import make_records
from sakon.pipelines.preprocessing.nodes import fit_preprocessor, transform
from sakon.problem import Examples, Problem, TrainingSummary
from sakon.records.splitting import ROW
from sakon.tracking.config import MlflowConfig
from sakon.tracking.hook import MlflowHook

PROBLEM = "tiny"
ROWS = 40

CATALOG = {
    "train_records": {"type": "sakon.datasets.ParquetDataset", "filepath": "train_records.parquet"},
    "schema": {"type": "sakon.datasets.TypedJSONDataset", "filepath": "schema.json", "model": "sakon.problem.Schema"},
    "input_spec": {
        "type": "sakon.datasets.TypedJSONDataset",
        "filepath": "input_spec.json",
        "model": "sakon.problem.InputSpec",
    },
    "preprocessor": {"type": "sakon.datasets.SkopsDataset", "filepath": "preprocessor.skops"},
    "train": {
        "type": "sakon.datasets.ExamplesDataset",
        "filepath": "train.parquet",
        "metadata": {"mlflow": {"log": "dataset", "context": "training"}},
    },
    "baseline.model": {
        "type": "sakon.datasets.SkopsDataset",
        "filepath": "baseline/model.skops",
        "metadata": {"mlflow": {"log": "model"}},
    },
    "{family}.model": {
        "type": "sakon.datasets.ModelDataset",
        "filepath": "{family}/model",
        "metadata": {"mlflow": {"log": "model"}},
    },
    "{family}.training": {
        "type": "sakon.datasets.TypedJSONDataset",
        "filepath": "{family}/training.json",
        "model": "sakon.problem.TrainingSummary",
        "metadata": {"mlflow": {"log": "metrics"}},
    },
    "{family}.measures": {
        "type": "sakon.datasets.JSONDataset",
        "filepath": "{family}/measures.json",
        "metadata": {"mlflow": {"log": "metrics"}},
    },
    "{family}.events": {"type": "sakon.datasets.TrainingEventsDataset", "family": "{family}"},
    "{family}.history": {
        "type": "sakon.datasets.CSVDataset",
        "filepath": "{family}/history.csv",
        "metadata": {"mlflow": {"log": "artifact"}},
    },
    "{namespace}.{figure}_figure": {
        "type": "sakon.datasets.PlotlyDataset",
        "filepath": "{namespace}/{figure}.json",
        "metadata": {"mlflow": {"log": "figure"}},
    },
    "evaluation.{family}_scores": {
        "type": "sakon.datasets.TypedJSONDataset",
        "filepath": "evaluation/{family}_scores.json",
        "model": "sakon.problem.Scores",
        "metadata": {"mlflow": {"log": "metrics", "run": "{family}"}},
    },
    "evaluation.decision": {
        "type": "sakon.datasets.TypedJSONDataset",
        "filepath": "evaluation/decision.json",
        "model": "sakon.problem.Decision",
        "metadata": {"mlflow": {"log": "decision"}},
    },
    "evaluation.tracked_runs": {"type": "sakon.tracking.registry.TrackedRunsDataset", "problem": PROBLEM},
    "evaluation.champion": {"type": "sakon.tracking.registry.ChampionDataset", "problem": PROBLEM},
}


class Project:
    """A project in a folder: its catalog, its hook, and runs as Kedro's session makes them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.hook = MlflowHook()
        self.hooks = _create_hook_manager()
        self.hooks.register(self.hook)
        config = {name: {**entry} for name, entry in CATALOG.items()}
        for entry in config.values():
            if "filepath" in entry:
                entry["filepath"] = str(self.data / str(entry["filepath"]))
        self.catalog = DataCatalog.from_config(config)

    @property
    def uri(self) -> str:
        return f"sqlite:///{self.folder / 'mlflow.db'}"

    @property
    def client(self) -> mlflow.MlflowClient:
        return mlflow.MlflowClient(self.uri, self.uri)

    def runs(self, name: str | None = None) -> list[Any]:
        experiment = self.client.get_experiment_by_name(PROBLEM)
        found = self.client.search_runs([experiment.experiment_id], order_by=["attributes.start_time"])
        return [run for run in found if name in (None, run.info.run_name)]

    def run_named(self, name: str) -> Any:
        (run,) = self.runs(name)
        return run

    def version(self, alias: str) -> Any:
        return self.client.get_model_version_by_alias(PROBLEM, alias)

    def prepare(self, kind: str, task: str) -> Problem:
        """Save what preprocessing would."""
        raw, problem = raw_data(kind, task)
        records, schema = kinds.get(kind).make_records(raw, problem)
        records = records.assign(**{ROW: np.arange(len(records))})
        preprocessor, input_spec = fit_preprocessor(records, schema, problem)
        x = kinds.get(kind).transform(preprocessor, records, schema, input_spec)
        y = (
            records[schema.target].map({label: i for i, label in enumerate(schema.classes)}).to_numpy(np.int32)
            if schema.classes
            else ((records[schema.target] - input_spec.target_mean) / input_spec.target_scale).to_numpy(np.float32)
        )
        saved = {
            "train_records": records,
            "schema": schema,
            "input_spec": input_spec,
            "preprocessor": preprocessor,
            "train": Examples(x=x, y=y, row=records[ROW].to_numpy()),
        }
        for name, data in saved.items():
            self.catalog.save(name, data)
        return problem

    def prepare_case(self, name: str) -> Problem:
        """Save what preprocessing would of a fabricated problem."""
        case = BY_NAME[name]
        records, schema, _ = make_records(case.raw, case.problem)
        kind = kinds.get(schema.kind)
        train, *_ = kind.split(records, schema, case.problem)
        preprocessor, input_spec = fit_preprocessor(train, schema, case.problem)
        saved = {
            "train_records": train,
            "schema": schema,
            "input_spec": input_spec,
            "preprocessor": preprocessor,
            "train": transform(train, preprocessor, input_spec, schema),
        }
        for dataset, data in saved.items():
            self.catalog.save(dataset, data)
        return case.problem

    def run(self, *nodes: Node, mlflow_settings: dict[str, Any] | None = None, **parameters: Any) -> None:
        """Run nodes under the hook, in the order of Kedro's session."""
        pipeline = Pipeline(list(nodes))
        parameters = {
            "problem": Problem(kind="tabular", target="target"),
            "mlflow": MlflowConfig.model_validate({"system_metrics": False, **(mlflow_settings or {})}),
            **parameters,
        }
        loader = {"parameters": parameters}
        context = SimpleNamespace(project_path=self.folder, env=PROBLEM, params=parameters, config_loader=loader)
        hook, given = self.hooks.hook, {"run_params": {}, "pipeline": pipeline, "catalog": self.catalog}
        for name, value in parameters.items():
            self.catalog[f"params:{name}"] = value
        hook.after_context_created(context=context)
        hook.before_pipeline_run(**given)
        try:
            result = SequentialRunner().run(pipeline, self.catalog, self.hooks)
        except Exception as error:
            hook.on_pipeline_error(error=error, **given)
            raise
        hook.after_pipeline_run(run_result=result, **given)


def raw_data(kind: str, task: str) -> tuple[Any, Problem]:
    """Return raw data of a kind, with every type of column and missing values, and their problem."""
    rng = np.random.default_rng(0)
    classes = task == "classification"
    target = np.array(["no", "yes"])[np.arange(ROWS) % 2] if classes else rng.normal(50, 10, ROWS)
    if kind == "image":
        images = rng.integers(0, 255, (ROWS, 4, 4)).astype(np.uint8)
        return {"images": images, "target": target}, Problem(kind=kind, target="target")
    table = pd.DataFrame(
        {
            "age": np.where(np.arange(ROWS) % 7 == 0, np.nan, rng.integers(18, 90, ROWS)),
            "rooms": rng.integers(1, 9, ROWS),
            "colour": np.array(["red", "blue", None], dtype=object)[np.arange(ROWS) % 3],
            "owner": np.arange(ROWS) % 2 == 0,
            "since": pd.date_range("2020-01-01", periods=ROWS, freq="D"),
            "target": target,
        }
    )
    return table, Problem(kind=kind, target="target")


def fitted_sklearn(train: Examples) -> Any:
    """Return a small scikit-learn model."""
    model = LogisticRegression() if np.issubdtype(train.y.dtype, np.integer) else Ridge()
    return model.fit(train.x.reshape(len(train), -1), train.y)


def fitted_keras(train: Examples) -> Any:
    """Return a small Keras model."""
    import keras

    keras.utils.set_random_seed(0)
    inputs = keras.Input(train.x.shape[1:])
    x = keras.layers.Flatten()(inputs)
    if np.issubdtype(train.y.dtype, np.integer):
        return keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(x))
    return keras.Model(inputs, keras.layers.Dense(1)(x))


def fitted_with_own_layer(train: Examples) -> Any:
    """Return a small classifier with a layer of a family."""
    import keras

    from sakon.pipelines.vae.layers import SplitStatistics

    keras.utils.set_random_seed(0)
    inputs = keras.Input(train.x.shape[1:])
    mean, _ = SplitStatistics()(keras.layers.Dense(4)(keras.layers.Flatten()(inputs)))
    return keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(mean))


def training_nodes(family: str = "baseline") -> list[Node]:
    """Return the nodes of a family that trains at once: model and summary, then a figure."""
    import plotly.graph_objects as go

    fitted = {"baseline": fitted_sklearn, "vae": fitted_with_own_layer}.get(family, fitted_keras)

    def fit(train: Examples, config: dict[str, Any]) -> tuple[Any, TrainingSummary]:
        training = TrainingSummary(
            family=family, parameters=7, train_seconds=0.5, epochs=3, candidate="linear", best={"val_loss": 0.25}
        )
        return fitted(train), training

    def draw(training: TrainingSummary) -> go.Figure:
        return go.Figure(go.Bar(y=[training.best["val_loss"]]))

    namespace = {"namespace": family}
    return [
        Node(fit, ["train", f"params:{family}"], [f"{family}.model", f"{family}.training"], name="fit", **namespace),
        Node(draw, f"{family}.training", f"{family}.history_figure", name="draw", **namespace),
    ]
