"""Texts that pandas reads as missing values, and which of them are words that people use as labels."""

from __future__ import annotations

MISSING_VALUES = (
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
    "NULL", "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip
"""Texts that pandas reads as missing values (`na_values` of `pandas.read_csv`)."""
LABEL_WORDS = frozenset(["N/A", "NA", "NULL", "None", "n/a", "null"])
"""Those that may be a class, such as North America (NA) or the lowest level of a grade (None); nan is a number."""
