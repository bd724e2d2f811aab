"""Keras layers, adapters and blocks that families share."""
