"""The kinds of raw data, one module each: how raw data become records, and records become arrays.

A kind is a module that ends in `KIND = MyKind()`; its name is the name of the module.
"""

from sakon.kinds._base import ARRAYS, TABLE, Kind, NewData, Preprocessor, RawData, RawFormat, Request
from sakon.kinds._checks import check_task, problem_errors
from sakon.kinds._registry import get, names

__all__ = [
    "ARRAYS",
    "TABLE",
    "Kind",
    "NewData",
    "Preprocessor",
    "RawData",
    "RawFormat",
    "Request",
    "check_task",
    "get",
    "names",
    "problem_errors",
]
