"""Plotly figures from plain arrays and tables, in one style. All functions are pure."""
