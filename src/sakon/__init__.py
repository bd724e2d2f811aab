"""Sakon: every family of deep learning on your data, compared honestly."""

import os

__version__ = "0.3.0"

# Read by TensorFlow and Keras when they are first imported, so they must be set before that.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
