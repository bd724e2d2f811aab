"""Sakon: every family of deep learning on your data, compared honestly."""

import os

__version__ = "0.3.0"

# Read by libraries when they are first imported, so they must be set before that.
os.environ.setdefault(
    "OMP_WAIT_POLICY", "PASSIVE"
)  # threads that wait leave the cores to others; results stay the same
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
REQUESTED_BACKEND = os.environ.get("KERAS_BACKEND", "tensorflow")
"""Backend of Keras that the user's environment names; a run says so if it is another one."""
os.environ["KERAS_BACKEND"] = "tensorflow"
