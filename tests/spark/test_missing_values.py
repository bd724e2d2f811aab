"""Values that stand for missing ones are the same in Spark as on one machine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from spark.examples import to_spark

from sakon.problem import MissingValue
from sakon.records import missing_values as on_one_machine
from sakon.spark.missing_values import stands_for_missing
from sakon.spark.sql import column


def test_values_stand_for_missing_ones_as_on_one_machine(spark: Any) -> None:
    days = pd.to_datetime(["9999-12-31", "2024-05-01", "1900-01-01", "2024-05-02"])
    table = pd.DataFrame(
        {
            "whole": [-999, 1, 99, 0],
            "single": pd.Series([-999.9, -999, 1, 99], dtype="float32"),
            "double": [-999, np.nan, 99, -999.9],
            "text": ["-999", " -999.0 ", "unknown ", None],
            "day": days,
            "flag": [True, False, True, False],
        }
    )
    values: tuple[MissingValue, ...] = (-999, -999.9, "99", "unknown", "9999-12-31", "1900-01-01")
    rows = to_spark(spark, table)
    found = rows.select(
        *(stands_for_missing(column(field.name), field.dataType, values).alias(field.name) for field in rows.schema)
    ).toPandas()
    expected = table.apply(lambda each: pd.Series(on_one_machine.stands_for_missing(each, values)))
    pd.testing.assert_frame_equal(found, expected)
    assert expected.sum().to_dict() == {"whole": 2, "single": 3, "double": 3, "text": 3, "day": 2, "flag": 0}
