"""A network that is saved on one backend predicts the same on another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from family_training import small_config

from sakon import BACKEND_VARIABLE, BACKENDS, families, is_installed
from sakon.models.predict import predict_outputs
from sakon.problem import InputSpec, Problem

OTHERS = [name for name in BACKENDS if name != os.environ[BACKEND_VARIABLE]]
SPEC = InputSpec(kind="image", task="classification", shape=(8, 8, 1), classes=(0, 1, 2), fingerprint="f")
FORECAST = InputSpec(kind="series", task="forecast", shape=(10, 3), horizon=3, season=2, fingerprint="f")
X = {"image": (8, 8, 1), "forecast": (10, 3)}
PREDICTION = """
import json, sys
from pathlib import Path
import numpy as np
from sakon.models.formats import load_model
from sakon.models.predict import predict_outputs
x = dict(np.load(sys.argv[1]))
for path in sys.argv[2:]:
    network = load_model(Path(path))
    print(json.dumps(predict_outputs(network, x[path.split("_")[-1].removesuffix(".keras")]).tolist()))
"""


@pytest.mark.parametrize("other", OTHERS)
def test_predictions_are_equal_on_another_backend(other: str, tmp_path: Path) -> None:
    if not is_installed(other):
        pytest.skip(f"{other} is not installed; `make test-backends` installs it")
    rng = np.random.default_rng(0)
    x = {name: rng.random((5, *shape)).astype(np.float32) for name, shape in X.items()}
    np.savez(tmp_path / "x.npz", **x)
    paths, expected = [], []
    for family in ("mlp", "cnn", "rnn"):
        for name, spec in (("image", SPEC), ("forecast", FORECAST)):
            build = families.get(family).build
            assert build is not None
            network = build(spec, small_config(family), Problem(kind=spec.kind, target="y"))
            paths.append(tmp_path / f"{family}_{name}.keras")
            network.save(paths[-1])
            expected.append(predict_outputs(network, x[name]))
    environment = os.environ | {BACKEND_VARIABLE: other, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", PREDICTION, str(tmp_path / "x.npz"), *map(str, paths)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    for line, outputs in zip(done.stdout.splitlines(), expected, strict=True):
        np.testing.assert_allclose(json.loads(line), outputs, atol=1e-5)
