"""Activations: functions of a layer's output, elementwise or over its last axis.

Most are the operations of the same name; they have a name here so that strings and files may refer
to them.
"""

from typing import Annotated, Any

from kerasette import ops
from kerasette.core.history import operation
from kerasette.declared import Converter
from kerasette.ops import (
    celu,
    elu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    relu6,
    selu,
    sigmoid,
    silu,
    soft_shrink,
    softmax,
    softplus,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    sparsemax,
    squareplus,
    tanh,
    tanh_shrink,
    threshold,
)
from kerasette.registry import register, table
from kerasette.saving.serialization import from_config, from_identifier, serialize_keras_object

__all__ = [
    "ActivationField",
    "celu",
    "deserialize",
    "elu",
    "exponential",
    "gelu",
    "get",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "serialize",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh",
    "tanh_shrink",
    "threshold",
]


def linear(x: Any) -> Any:
    """``x`` itself: ``(...) -> (...)``."""
    return x


@operation
def relu(
    x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Any:
    """``x`` where it is at least ``threshold``, up to ``max_value``; below,
    ``negative_slope * (x - threshold)``: ``(...) -> (...)``.

    >>> kerasette.activations.relu(ops.convert_to_tensor([-2.0, 1.0, 9.0]), 0.5, 6.0).numpy()
    array([-1.,  1.,  6.], dtype=float32)
    """
    if not negative_slope and not threshold:
        if max_value is None:
            return ops.relu(x)
        if max_value == 6:
            return ops.relu6(x)
    x = ops.convert_to_tensor(x)
    zero = ops.zeros((), x.dtype)
    passed = ops.where(x >= threshold, x, zero)
    if max_value is not None:
        passed = ops.clip(passed, 0, max_value)
    if not negative_slope:
        return passed
    return ops.where(x >= threshold, passed, negative_slope * (x - threshold))


@operation
def gelu(x: Any, approximate: bool = False) -> Any:
    """``x`` times the probability that a standard normal number is below ``x``: ``(...) -> (...)``.

    ``approximate``: by a formula with ``tanh`` in place of the exact one with ``erf``.

    Reference: Hendrycks and Gimpel, "Gaussian error linear units", arXiv:1606.08415.
    """
    return ops.gelu(x, approximate=approximate)


@operation
def exponential(x: Any) -> Any:
    """``exp(x)``, elementwise: ``(...) -> (...)``."""
    return ops.exp(x)


@operation
def mish(x: Any) -> Any:
    """``x * tanh(softplus(x))``, elementwise: ``(...) -> (...)``.

    Reference: Misra, "Mish: a self regularized non-monotonic activation function",
    arXiv:1908.08681.
    """
    x = ops.convert_to_tensor(x)
    return x * ops.tanh(ops.softplus(x))


swish, hard_swish = silu, hard_silu
for _name in __all__:
    if _name not in ("ActivationField", "deserialize", "get", "serialize"):
        register("activation", globals()[_name], _name)


def get(identifier: Any) -> Any:
    """An activation from its name, its configuration, or any callable; ``None`` gives ``linear``.

    >>> kerasette.activations.get("relu") is kerasette.activations.relu
    True

    Raises: ValueError for something else.
    """
    return linear if identifier is None else from_identifier(identifier, "activation")


def serialize(activation: Any) -> Any:
    """The name of an activation; a configuration for a function or object of one's own.

    >>> kerasette.activations.serialize(kerasette.activations.relu)
    'relu'
    """
    name = getattr(activation, "__name__", None)
    known = table("activation").get(str(name))
    # The operation of an activation's name is that activation: ops.relu is "relu".
    if known is not None and activation in (known, getattr(ops, str(name), None)):
        return name
    return serialize_keras_object(activation)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """An activation from its name or configuration.

    Args:
        config: what ``serialize`` gave.
        custom_objects: classes and functions of one's own, by the names in the configuration.
    """
    return from_config(config, "activation", custom_objects)


ActivationField = Annotated[Any, Converter(get, serialize)]
