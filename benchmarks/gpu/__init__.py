"""How fast training is on a GPU, here, in PyTorch and in JAX."""
