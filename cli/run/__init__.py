"""Runs: the folder that keeps all of one, the training itself, and going on with it."""
