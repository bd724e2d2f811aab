"""A real Spark session, for all tests the same one."""

from __future__ import annotations

import pytest
from spark.examples import SETTINGS

from sakon.errors import ClusterError
from sakon.spark.cluster import Cluster
from sakon.spark.session import check_java, session


@pytest.fixture(scope="session")
def java() -> None:
    """Java, without which Spark cannot be tried."""
    try:
        check_java()
    except ClusterError as error:
        pytest.skip(f"THIS CHECK OF SPARK DID NOT RUN: {error}")


@pytest.fixture
def cluster(java: None) -> Cluster:
    """The cluster that `conf/base/spark.yml` describes: this machine."""
    return Cluster(lambda: session(SETTINGS))
