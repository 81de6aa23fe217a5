"""Kernels for NVIDIA GPUs; what nobody claims runs as reference code on cupy."""

import os

from kerasette.core import kernels

if os.environ.get("KERASETTE_KERNELS", "1") != "0":
    kernels.library("gpu", "kerasette.kernels.gpu.cuda.clusters", ("cluster",))
    kernels.library("gpu", "kerasette.kernels.gpu.cuda.updates", ("updates",))
    kernels.library("gpu", "kerasette.kernels.gpu.cuda.random", ("random_mask",))
    kernels.library(
        "gpu",
        "kerasette.kernels.gpu.convolution",
        ("biased_conv", "conv", "conv_input_gradient", "conv_kernel_gradient"),
    )
    kernels.library(
        "gpu",
        "kerasette.kernels.gpu.attention",
        ("attend", "attend_gradient", "attend_gradient_kept", "attend_keeping"),
    )
    kernels.library(
        "gpu", "kerasette.kernels.gpu.products", ("matmul", "gemm", "gemm_relu", "gemm_sums")
    )
    kernels.library(
        "gpu",
        "kerasette.kernels.gpu.cuda.pooling",
        ("average_pool", "average_pool_gradient", "max_pool", "max_pool_gradient"),
    )
