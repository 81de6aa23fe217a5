"""Training: compile, the epoch loop, the steps, and the batches that feed them."""
