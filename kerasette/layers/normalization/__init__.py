"""The layers that normalise."""
