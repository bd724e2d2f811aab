"""Loads a registered model as another project would, and writes its predictions: a program, run by other interpreters.

Arguments: folder of the model, file of the request (JSON), file for the predictions (JSON), and optionally a file
(JSON) with names of packages that count as not installed.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any


class Refusal(MetaPathFinder):
    """Refuses to import packages.

    Args:
        names: Names of the packages.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = set(names)

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> None:
        if fullname.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named '{fullname}'", name=fullname)


def main(model: str, request: str, output: str, refused: str = "") -> None:
    if refused:
        sys.meta_path.insert(0, Refusal(json.loads(Path(refused).read_text())))
    import mlflow
    import pandas as pd

    warnings.simplefilter("ignore")
    served = mlflow.pyfunc.load_model(model)
    content = json.loads(Path(request).read_text())
    predictions = served.predict(pd.DataFrame(content["data"], columns=content["columns"]))
    modules = [module for name, module in sys.modules.items() if name.partition(".")[0] == "sakon"]
    Path(output).write_text(
        json.dumps(
            {
                "predictions": json.loads(predictions.to_json(orient="split", date_format="iso", double_precision=15)),
                "files": sorted(str(module.__file__) for module in modules if getattr(module, "__file__", None)),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
