"""Imported when the first of these kernels is wanted; without llvmlite it registers none."""

import importlib.util

__all__: list[str] = []

if importlib.util.find_spec("llvmlite") is not None:
    from kerasette.kernels.cpu.llvm import clusters, products, rows, updates

    __all__ += ["clusters", "products", "rows", "updates"]
