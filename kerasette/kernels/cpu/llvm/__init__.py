"""Kernels generated as LLVM IR and compiled for this processor; nothing without llvmlite."""

import importlib.util

if importlib.util.find_spec("llvmlite") is not None:
    from kerasette.kernels.cpu.llvm import clusters
