"""Kedro hooks around a run: checks before it, progress bars during it, a summary after it."""
