"""Names and values as MLflow accepts them: of parameters, metrics, tags and files."""

from __future__ import annotations

import hashlib
import json
import re

from pydantic import BaseModel

MAX_NAME_LENGTH = 250
"""Characters of a name that MLflow accepts."""
MAX_VALUE_LENGTH = 6000
"""Characters of a parameter or tag that MLflow accepts."""
DIGEST_LENGTH = 16
ESCAPED = re.compile(
    r"[^\w\-. :/]"  # characters that MLflow refuses
    r"|_(?=x[0-9A-Fa-f]{4})"  # what reads like an escape
    r"|^/|(?<=/)/|/$"  # empty parts of a path
    r"|(?:(?<=/)|^)\.(?=\.?(?:/|$))"  # the parts `.` and `..`
    r"|^\.(?=\.)"  # a name that begins with `..`
)
EMPTY, SHORTENED = "_xFFFFFE_", "_xFFFFFF_"
"""Escapes that stand for no character: of the empty name, and before the digest of a name that is too long."""


def mlflow_name(name: str) -> str:
    """Return a name that MLflow accepts; two names never become one.

    A character that MLflow refuses becomes `_xHHHH_`, its number in hexadecimal, as in names of XML. A name that is too
    long ends with its digest. All other names stay as they are.
    """
    escaped = ESCAPED.sub(lambda match: f"_x{ord(match[0]):04X}_", name) or EMPTY
    if len(escaped) <= MAX_NAME_LENGTH:
        return escaped
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:DIGEST_LENGTH]
    return f"{escaped[: MAX_NAME_LENGTH - DIGEST_LENGTH - len(SHORTENED)]}{SHORTENED}{digest}"


def file_name(name: str) -> str:
    """Return a name of a file or of a folder; two names never become one."""
    return mlflow_name(name).replace("/", "_x002F_").replace(":", "_x003A_")


def truncate(value: str) -> str:
    """Return a text that is not longer than MLflow accepts."""
    return value[:MAX_VALUE_LENGTH]


def flatten_parameters(value: object, prefix: str = "") -> dict[str, str]:
    """Return a block of parameters as dotted names and texts; lists as JSON."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    if not isinstance(value, dict):
        return {}
    flat: dict[str, str] = {}
    for key, item in value.items():
        if isinstance(item, dict):
            flat |= flatten_parameters(item, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = truncate(item if isinstance(item, str) else json.dumps(item))
    return flat
