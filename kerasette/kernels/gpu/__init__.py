"""Kernels for NVIDIA GPUs; what nobody claims runs as reference code on cupy."""
