"""Plotly figures from plain arrays and tables, in one look; nothing here reads or writes anything."""
