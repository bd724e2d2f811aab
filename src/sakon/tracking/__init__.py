"""All that knows MLflow: the hook that records runs, and the model registry."""
