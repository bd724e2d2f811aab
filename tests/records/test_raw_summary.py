"""The summary of raw data with missing cells."""

from __future__ import annotations

import pandas as pd
import pytest

from sakon.records.raw_summary import ColumnRoles, RawSummary


@pytest.mark.parametrize("dtype", ["object", "str"])
def test_missing_cells_are_empty_texts(dtype: str) -> None:
    table = pd.DataFrame({"text": ["abcdef", None], "count": [1, 22], "word": [None, "xyz"], "y": [0, 1]})
    table = table.astype({"text": dtype, "word": dtype})
    roles = ColumnRoles(texts={"text": ""}, types={"count": "number", "word": "category"})
    assert RawSummary("a.csv", "y", table, roles).text_share == pytest.approx(6 / 12)


def test_a_table_of_empty_cells_has_no_texts() -> None:
    table = pd.DataFrame({"text": [None, None], "y": [0, 1]})
    assert RawSummary("a.csv", "y", table, ColumnRoles(texts={"text": ""})).text_share == 0
