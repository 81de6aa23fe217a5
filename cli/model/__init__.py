"""Models, optimizers, losses, metrics and callbacks from a config."""
