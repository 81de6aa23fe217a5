"""What is done to gradients before they are applied."""

import warnings
from typing import Any

from kerasette import ops


def present(grads: list[Any], variables: list[Any]) -> tuple[list[Any], list[Any]]:
    """The gradients that there are, with their variables.

    Raises: ValueError where there is none; warns of those that are missing.
    """
    pairs = [(g, v) for g, v in zip(grads, variables, strict=True) if g is not None]
    if not pairs:
        raise ValueError(
            "No variable has a gradient: the loss does not depend on any of them. "
            f"Variables: {[v.path for v in variables]}."
        )
    if len(pairs) < len(grads):
        missing = [v.path for g, v in zip(grads, variables, strict=True) if g is None]
        warnings.warn(
            f"These variables have no gradient, the loss does not depend on them: {missing}.",
            stacklevel=4,
        )
    return [g for g, _ in pairs], [v for _, v in pairs]


def global_norm(values: list[Any]) -> Any:
    """The root of the sum of all squares."""
    return ops.sqrt(_sum([ops.sum(ops.square(ops.cast(v, "float32"))) for v in values]))


def _sum(values: list[Any]) -> Any:
    total = values[0]
    for value in values[1:]:
        total = total + value
    return total


def clipped(
    grads: list[Any],
    clipnorm: float | None,
    clipvalue: float | None,
    global_clipnorm: float | None,
) -> list[Any]:
    """Gradients held within bounds: each one's norm, each value, or the norm of all together."""
    if clipnorm is not None:
        return [_within(g, ops.sqrt(ops.sum(ops.square(g))), clipnorm) for g in grads]
    if clipvalue is not None:
        return [ops.clip(g, -clipvalue, clipvalue) for g in grads]
    if global_clipnorm is not None:
        norm = global_norm(grads)
        return [_within(g, ops.cast(norm, g.dtype), global_clipnorm) for g in grads]
    return grads


def _within(gradient: Any, norm: Any, limit: float) -> Any:
    """The gradient made shorter where the norm is above the limit; a norm of 0 stays 0."""
    return gradient * (limit / ops.maximum(norm, limit))
