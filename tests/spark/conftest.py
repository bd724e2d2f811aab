"""A real Spark session, for all tests the same one."""

from __future__ import annotations

from typing import Any

import pytest
from spark.examples import SETTINGS

from sakon.spark.cluster import Cluster
from sakon.spark.session import session


@pytest.fixture(scope="session")
def spark(java: None) -> Any:
    """The session."""
    return session(SETTINGS)


@pytest.fixture
def cluster(java: None) -> Cluster:
    """The cluster that `conf/base/spark.yml` describes: this machine."""
    return Cluster(lambda: session(SETTINGS))
