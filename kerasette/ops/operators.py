"""The operators of tensors and variables: ``x + y``, ``x @ y``, ``x[0]``… as plain functions.

A primitive is an object, not a function, so it would not bind as a method by itself.
"""

from collections.abc import Callable
from numbers import Number
from typing import Any

import numpy as np

from kerasette.core import operators
from kerasette.core.state import state
from kerasette.core.tensor import KerasTensor, TensorBase
from kerasette.ops import arithmetic, bitwise, comparison, rounding

__all__: list[str] = []


def _is_operand(value: Any) -> bool:
    """Whether a value may stand beside a tensor; others get their own turn, then a TypeError."""
    return isinstance(value, (TensorBase, Number, np.ndarray, np.generic, list, tuple)) or hasattr(
        value, "__cuda_array_interface__"
    )


def _binary(name: str, op: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """``__name__`` and its reflection ``__rname__``."""

    def operator(self: Any, other: Any) -> Any:
        return op(self, other) if _is_operand(other) else NotImplemented

    def reflected(self: Any, other: Any) -> Any:
        return op(other, self) if _is_operand(other) else NotImplemented

    return {f"__{name}__": operator, f"__r{name}__": reflected}


def _comparison(name: str, op: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    return {f"__{name}__": _binary(name, op)[f"__{name}__"]}


def _unary(name: str, op: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    def operator(self: Any) -> Any:
        return op(self)

    return {f"__{name}__": operator}


def _matmul(x1: Any, x2: Any) -> Any:
    return operators.method("matmul")(x1, x2)


def _power(self: Any, other: Any) -> Any:
    if type(other) is int and other == 2:
        return arithmetic.square(self)
    return arithmetic.power(self, other) if _is_operand(other) else NotImplemented


def _equal(self: Any, other: Any) -> Any:
    # A KerasTensor stands for a place in a model, which is looked for in lists and dicts.
    if not _is_operand(other) or (isinstance(self, KerasTensor) and not state.symbolic):
        return NotImplemented
    return comparison.equal(self, other)


def _get_item(self: Any, key: Any) -> Any:
    return operators.method("get_item")(self, key)


def _round(self: Any, ndigits: int | None = None) -> Any:
    return rounding.round(self, ndigits or 0)


operators.install(
    **_binary("add", arithmetic.add),
    **_binary("sub", arithmetic.subtract),
    **_binary("mul", arithmetic.multiply),
    **_binary("truediv", arithmetic.divide),
    **_binary("floordiv", arithmetic.floor_divide),
    **_binary("mod", arithmetic.mod),
    **_binary("pow", arithmetic.power),
    **_binary("matmul", _matmul),
    **_binary("and", bitwise.bitwise_and),
    **_binary("or", bitwise.bitwise_or),
    **_binary("xor", bitwise.bitwise_xor),
    **_binary("lshift", bitwise.left_shift),
    **_binary("rshift", bitwise.right_shift),
    **_comparison("ne", comparison.not_equal),
    **_comparison("lt", comparison.less),
    **_comparison("le", comparison.less_equal),
    **_comparison("gt", comparison.greater),
    **_comparison("ge", comparison.greater_equal),
    **_unary("neg", arithmetic.negative),
    **_unary("pos", lambda x: x),
    **_unary("abs", arithmetic.absolute),
    **_unary("invert", bitwise.bitwise_not),
)
operators.install(__pow__=_power, __eq__=_equal, __getitem__=_get_item, __round__=_round)
