"""Gradients of composites against central differences, in float64, of first and second order."""

from collections.abc import Callable
from typing import Any

import numpy as np

import kerasette
from kerasette import ops

STEP = 1e-5


def _weights(shape: tuple[int, ...], seed: int) -> np.ndarray:
    random = np.random.RandomState(seed)
    return np.asarray(random.uniform(0.5, 1.5, shape) * random.choice([-1, 1], shape))


def _total(f: Callable[..., Any], operands: list[Any]) -> Any:
    out = f(*operands)
    parts = list(out) if isinstance(out, (tuple, list)) else [out]
    parts = [part for part in parts if "float" in part.dtype]
    return sum(ops.sum(p * _weights(tuple(p.shape), 7 + i)) for i, p in enumerate(parts))


def gradients(f: Callable[..., Any], *operands: Any) -> list[Any]:
    """Of a fixed weighted sum of the results, the gradient for each operand."""
    tensors = [kerasette.constant(x) if isinstance(x, np.ndarray) else x for x in operands]
    with kerasette.GradientTape() as tape:
        tape.watch(tensors)
        total = _total(f, tensors)
    return tape.gradient(total, tensors, unconnected_gradients="zero")


def check(
    f: Callable[..., Any], *operands: np.ndarray, order: int = 2, slack: float = 1e-6
) -> None:
    """Assert that the rules of ``f`` give what differences give, along a fixed direction."""
    assert all(x.dtype == np.float64 for x in operands)
    along = [_weights(x.shape, 100 + i) for i, x in enumerate(operands)]

    def moved(sign: int) -> list[np.ndarray]:
        return [np.asarray(x + sign * STEP * a) for x, a in zip(operands, along, strict=True)]

    def value(values: list[np.ndarray]) -> float:
        return float(_total(f, [kerasette.constant(x) for x in values]))

    def slope(*values: Any) -> Any:
        found = gradients(f, *values)
        return sum(ops.sum(g * a) for g, a in zip(found, along, strict=True))

    difference = (value(moved(1)) - value(moved(-1))) / (2 * STEP)
    found = float(slope(*operands))
    assert abs(found - difference) <= slack * max(1, abs(difference)), (found, difference)
    if order < 2:
        return
    second = gradients(slope, *operands)
    scale = _weights((), 7)  # of `gradients`
    found = sum(float(ops.sum(g * a)) for g, a in zip(second, along, strict=True)) / scale
    difference = (float(slope(*moved(1))) - float(slope(*moved(-1)))) / (2 * STEP)
    assert abs(found - difference) <= 10 * slack * max(1, abs(difference)), (found, difference)
