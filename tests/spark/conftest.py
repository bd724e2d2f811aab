"""One real Spark session for all tests of a process."""

from __future__ import annotations

from typing import Any

import pytest
from spark.examples import SETTINGS

from sakon.spark.cluster import Cluster
from sakon.spark.session import spark_session


@pytest.fixture(scope="session")
def spark(java: None) -> Any:
    """The session."""
    return spark_session(SETTINGS)


@pytest.fixture
def cluster(java: None) -> Cluster:
    """The cluster that `conf/base/spark.yml` configures: this machine."""
    return Cluster(lambda: spark_session(SETTINGS))
