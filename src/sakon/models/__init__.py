"""Trained models: file formats, predictions from arrays and from raw records, the registered model."""
