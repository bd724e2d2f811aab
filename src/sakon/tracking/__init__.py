"""All that knows MLflow: the hook that records runs, the registry, and the model that is served."""
