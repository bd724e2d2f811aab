"""What happens around a run: checks before it, a summary after it."""
