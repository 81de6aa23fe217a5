"""Kernels generated as LLVM IR and compiled for this processor; nothing without llvmlite."""
