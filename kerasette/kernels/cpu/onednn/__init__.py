"""Kernels of oneDNN; where the library is not there, nothing is registered."""

from kerasette.kernels.cpu.onednn.library import onednn

if onednn() is not None:
    from kerasette.kernels.cpu.onednn import convolution, pooling, products
