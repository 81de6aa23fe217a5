"""kerasette: a Keras 3 that fits in one's head.

    import kerasette as keras

Names are loaded when they are first used, so that importing the package takes a blink.
"""

import importlib
from typing import TYPE_CHECKING, Any

from kerasette._version import __version__

_MODULES = (
    "activations", "applications", "backend", "callbacks", "config", "constraints", "data",
    "datasets", "distillation", "distribution", "dtype_policies", "export", "initializers",
    "layers", "losses", "metrics", "mixed_precision", "models", "ops", "optimizers",
    "preprocessing", "quantizers", "random", "regularizers", "saving", "tree", "utils",
    "visualization", "wrappers",
)  # fmt: skip

_HOMES = {  # where each top-level name lives
    "constant": "core.tensor",
    "Tensor": "core.tensor",
    "KerasTensor": "core.tensor",
    "Variable": "core.variable",
    "GradientTape": "core.tape",
    "Operation": "core.operation",
    "StatelessScope": "core.stateless",
    "SymbolicScope": "core.stateless",
    "name_scope": "core.naming",
    "device": "arrays.device",
    "function": "graph.function",
    "remat": "core.remat",
    "RematScope": "core.remat",
    "custom_gradient": "ops",
    "stop_gradient": "ops",
    "Initializer": "initializers",
    "Regularizer": "regularizers",
    "Quantizer": "quantizers",
    "DTypePolicy": "dtype_policies",
    "FloatDTypePolicy": "dtype_policies",
    "Layer": "layers",
    "InputSpec": "layers",
    "Loss": "losses",
    "Metric": "metrics",
    "Optimizer": "optimizers",
    "Input": "models",
    "Function": "models.graph_function",
    "Model": "models",
    "Sequential": "models",
    "version": "backend",
}

_DTYPES = (
    "bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "bfloat16",
    "float16", "float32", "float64", "complex64", "complex128",
)  # fmt: skip

if TYPE_CHECKING:
    from kerasette import (
        activations,
        backend,
        callbacks,
        config,
        constraints,
        datasets,
        dtype_policies,
        initializers,
        layers,
        losses,
        metrics,
        models,
        ops,
        optimizers,
        random,
        regularizers,
        saving,
        tree,
        utils,
    )
    from kerasette.arrays.device import device
    from kerasette.core.naming import name_scope
    from kerasette.core.operation import Operation
    from kerasette.core.remat import RematScope, remat
    from kerasette.core.stateless import StatelessScope, SymbolicScope
    from kerasette.core.tape import GradientTape
    from kerasette.core.tensor import KerasTensor, Tensor, constant
    from kerasette.core.variable import Variable
    from kerasette.graph.function import function
    from kerasette.layers import InputSpec, Layer
    from kerasette.losses import Loss
    from kerasette.metrics import Metric
    from kerasette.models import Input, Model, Sequential
    from kerasette.optimizers import Optimizer

__all__ = ["__version__", *_MODULES, *_HOMES, *(name for name in _DTYPES if name != "bool")]


def __getattr__(name: str) -> Any:
    value: Any
    if name in _MODULES:
        value = importlib.import_module(f"{__name__}.{name}")
    elif name in _HOMES:
        value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    elif name in _DTYPES:
        value = importlib.import_module(f"{__name__}.arrays.dtypes").ALL[name]
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
