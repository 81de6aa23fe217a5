"""Constraints: what a weight is made to satisfy after each update.

A constraint is a function of a weight tensor that gives the nearest allowed one of the same shape.
"""

from typing import Annotated, Any

from kerasette import ops
from kerasette.arrays import settings
from kerasette.declared import Converter, Declared, declared, declared_config
from kerasette.registry import register
from kerasette.saving.serialization import from_config, from_identifier, serialize_keras_object

__all__ = [
    "Constraint",
    "ConstraintField",
    "MaxNorm",
    "MinMaxNorm",
    "NonNeg",
    "UnitNorm",
    "deserialize",
    "get",
    "max_norm",
    "min_max_norm",
    "non_neg",
    "serialize",
    "unit_norm",
]


class Constraint(Declared):
    """Base class of constraints. One of one's own defines ``__call__``, and ``get_config`` where it
    has parameters.

    >>> class Halved(kerasette.constraints.Constraint):
    ...     def __call__(self, w):
    ...         return w / 2
    """

    registry_kind = "constraint"

    def __call__(self, w: Any) -> Any:
        """The nearest allowed weights to ``w``, of the same shape."""
        raise NotImplementedError(f"{type(self).__name__} does not define `__call__`.")

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a constraint like this one."""
        return declared_config(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Constraint":
        """A constraint made of what ``get_config`` gave."""
        return cls(**config)


def _norms(w: Any, axis: Any) -> Any:
    """The length of each vector along ``axis``, which stays as an axis of size 1."""
    return ops.sqrt(ops.sum(ops.square(w), axis=axis, keepdims=True))


@declared
class MaxNorm(Constraint):
    """Vectors along ``axis`` that are longer than ``max_value`` are shortened to it.

    Args:
        max_value: the greatest length allowed.
        axis: the axis, or axes, of a vector: 0 for each unit's vector in a Dense kernel
            ``(inputs, units)``, ``[0, 1, 2]`` for a kernel ``(rows, columns, inputs, filters)``.

    Reference: Srivastava et al., "Dropout: a simple way to prevent neural networks from
    overfitting", JMLR 15 (2014).

    >>> kerasette.constraints.MaxNorm(1.0)(ops.convert_to_tensor([[3.0], [4.0]])).numpy().round(2)
    array([[0.6],
           [0.8]], dtype=float32)
    """

    max_value: float = 2
    axis: Any = 0

    def __call__(self, w: Any) -> Any:
        norms = _norms(w, self.axis)
        return w * (ops.clip(norms, 0.0, self.max_value) / (settings.epsilon() + norms))


@declared
class NonNeg(Constraint):
    """Negative weights become 0.

    >>> kerasette.constraints.NonNeg()(ops.convert_to_tensor([-1.0, 2.0])).numpy()
    array([0., 2.], dtype=float32)
    """

    def __call__(self, w: Any) -> Any:
        return ops.maximum(w, ops.zeros((), w.dtype))


@declared
class UnitNorm(Constraint):
    """Vectors along ``axis`` get the length 1.

    Args:
        axis: the axis, or axes, of a vector, as for ``MaxNorm``.
    """

    axis: Any = 0

    def __call__(self, w: Any) -> Any:
        return w / (settings.epsilon() + _norms(w, self.axis))


@declared
class MinMaxNorm(Constraint):
    """Vectors along ``axis`` are brought towards lengths from ``min_value`` to ``max_value``.

    Args:
        min_value: the least length.
        max_value: the greatest length.
        rate: how much of the way they go at each step: 1 for all of it, 0 for nothing.
        axis: the axis, or axes, of a vector, as for ``MaxNorm``.
    """

    min_value: float = 0.0
    max_value: float = 1.0
    rate: float = 1.0
    axis: Any = 0

    def __call__(self, w: Any) -> Any:
        norms = _norms(w, self.axis)
        clipped = ops.clip(norms, self.min_value, self.max_value)
        wanted = self.rate * clipped + (1 - self.rate) * norms
        return w * (wanted / (settings.epsilon() + norms))


max_norm, non_neg, unit_norm, min_max_norm = MaxNorm, NonNeg, UnitNorm, MinMaxNorm
for _cls, _name in (
    (Constraint, "constraint"),
    (MaxNorm, "max_norm"),
    (NonNeg, "non_neg"),
    (UnitNorm, "unit_norm"),
    (MinMaxNorm, "min_max_norm"),
):
    register("constraint", _cls, _name)


def get(identifier: Any) -> Any:
    """A constraint from its name, its configuration, its class, or any callable; ``None`` stays.

    >>> kerasette.constraints.get("max_norm").max_value
    2

    Raises: ValueError for something else.
    """
    return from_identifier(identifier, "constraint")


def serialize(constraint: Any) -> Any:
    """The configuration of a constraint, for ``deserialize``."""
    return serialize_keras_object(constraint)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """A constraint from its configuration.

    Args:
        config: what ``serialize`` gave, or a name.
        custom_objects: classes and functions of one's own, by the names in the configuration.
    """
    return from_config(config, "constraint", custom_objects)


ConstraintField = Annotated[Any, Converter(get, serialize)]
