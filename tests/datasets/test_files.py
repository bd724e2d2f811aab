"""Tables as CSV are read back as they were saved, whatever the names in them are."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml
from conftest import ROOT

from sakon.datasets import CSVDataset

NAMES = ["null", "NA", "None", "nan", "1", "01", "true"]


def test_only_an_empty_cell_is_a_missing_value(tmp_path: Path) -> None:
    dataset = CSVDataset(filepath=str(tmp_path / "t.csv"), save_args={"index": False})
    table = pd.DataFrame({"feature": ["null", "NA", "x"], "value": [1.0, float("nan"), 2.5]})
    dataset.save(table)
    pd.testing.assert_frame_equal(dataset.load(), table, check_dtype=False)


@pytest.mark.parametrize("names", [NAMES, ["1", "2"], ["1.0", "2.50"]])
def test_names_of_columns_in_tables_of_the_report_stay_texts(names: list[str], tmp_path: Path) -> None:
    entry = yaml.safe_load((ROOT / "conf/base/catalog.yml").read_text())["{family}.{name}_table"]
    arguments = {name: entry[name] for name in ("load_args", "save_args")}
    dataset = CSVDataset(filepath=str(tmp_path / "drift.csv"), **arguments)
    dataset.save(pd.DataFrame({"feature": names, "index": range(len(names))}))
    assert dataset.load()["feature"].tolist() == names
