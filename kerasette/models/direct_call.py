"""``model(x)`` as compiled code, where nobody can tell but by the clock.

A model of kerasette's own layers computes the same whether its layers are called one by one or as
one graph. It is called as a graph from the third time on that samples of one shape come; anything
that changes a layer's attributes makes it begin anew.
"""

from collections import Counter
from typing import Any

import numpy as np

from kerasette import tree
from kerasette.core.state import state
from kerasette.core.tensor import Tensor
from kerasette.graph.function import CompiledFunction
from kerasette.layers.edits import edits

_OFTEN = 2  # calls of one shape that run layer by layer
_SHAPES = 8  # so many different shapes are compiled; a stream of ever new ones is not


class DirectCall:
    """The compiled call of one model, for as long as its layers stay as they are."""

    def __init__(self, model: Any, call: Any):
        self.edits = edits.count
        self.plain = _is_plain(model)
        self._seen: Counter[Any] = Counter()
        self._function = CompiledFunction(call)

    def __call__(self, x: Any, training: Any) -> Any:
        """The outputs, or ``None`` where the layers have to be called."""
        if self.edits != edits.count or not self.plain:
            return None
        key = (x.shape, x.dtype, training)
        if self._seen[key] < _OFTEN:
            if key in self._seen or len(self._seen) < _SHAPES:
                self._seen[key] += 1
            return None
        return self._function(x, training)


def is_direct(model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether this call may be a compiled one, apart from what the model is made of."""
    return (
        not state.busy
        and state.stateless is None
        and state.entry is None
        and len(args) == 1
        and (type(args[0]) is Tensor or type(args[0]) is np.ndarray)
        and getattr(args[0], "_keras_mask", None) is None
        and (not kwargs or list(kwargs) == ["training"])
        and model.built
        and not model.run_eagerly
        and model.jit_compile is not False
    )


def _is_plain(model: Any) -> bool:
    """Whether the model runs no code but kerasette's own, and leaves nothing behind but outputs."""
    for layer in model._flatten_layers():
        own = type(layer).__module__.startswith("kerasette.") and type(layer).__name__ != "Lambda"
        if not own or not layer.supports_jit or layer.activity_regularizer is not None:
            return False
        parts = [v for v in vars(layer).values() if callable(v)]
        if any(not _module(part).startswith("kerasette.") for part in parts):
            return False
    outputs = tree.flatten(getattr(model, "outputs", None) or [])
    return bool(outputs) and all(getattr(o, "_keras_mask", None) is None for o in outputs)


def _module(value: Any) -> str:
    return str(getattr(value, "__module__", None) or type(value).__module__)
