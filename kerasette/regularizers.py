"""Regularizers: a penalty for weights, added to the loss.

A regularizer is a function of a weight tensor that gives a scalar.
"""

import math
from typing import Annotated, Any

from kerasette import ops
from kerasette.declared import Converter, Declared, declared, declared_config
from kerasette.registry import register
from kerasette.saving.serialization import from_config, from_identifier, serialize_keras_object

__all__ = [
    "L1",
    "L1L2",
    "L2",
    "OrthogonalRegularizer",
    "Regularizer",
    "RegularizerField",
    "deserialize",
    "get",
    "l1",
    "l1_l2",
    "l2",
    "orthogonal_regularizer",
    "serialize",
]


class Regularizer(Declared):
    """Base class of regularizers. One of one's own defines ``__call__`` and ``get_config``.

    >>> class Squares(kerasette.regularizers.Regularizer):
    ...     def __call__(self, x):
    ...         return ops.sum(x * x)
    """

    registry_kind = "regularizer"

    def __call__(self, x: Any) -> Any:
        """The penalty for the weights ``x``, a scalar of their dtype."""
        return 0.0

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a regularizer like this one.

        Raises: NotImplementedError where the class neither declares fields nor defines this.
        """
        if not hasattr(type(self), "__declared_fields__"):
            raise NotImplementedError(f"{type(self).__name__} does not define `get_config`.")
        return declared_config(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Regularizer":
        """A regularizer made of what ``get_config`` gave."""
        return cls(**config)


def _factor(name: str, value: Any) -> float:
    """A penalty's factor, checked.

    Raises: ValueError for one that is negative, infinite or no number.
    """
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not plain or not math.isfinite(value) or value < 0:
        raise ValueError(f"`{name}` must be a number of at least 0. Received: {name}={value!r}.")
    return float(value)


@declared
class L1L2(Regularizer):
    """``l1 * sum(|x|) + l2 * sum(x ** 2)``.

    >>> float(kerasette.regularizers.L1L2(l1=1.0, l2=0.5)(ops.convert_to_tensor([1.0, -2.0])))
    5.5
    """

    l1: float = 0.0
    l2: float = 0.0

    def validate(self) -> None:
        self.l1 = _factor("l1", 0.0 if self.l1 is None else self.l1)
        self.l2 = _factor("l2", 0.0 if self.l2 is None else self.l2)

    def __call__(self, x: Any) -> Any:
        penalty = ops.zeros((), x.dtype)
        if self.l1:
            penalty = penalty + self.l1 * ops.sum(ops.abs(x))
        if self.l2:
            penalty = penalty + self.l2 * ops.sum(ops.square(x))
        return penalty


@declared
class L1(Regularizer):
    """``l1 * sum(|x|)``: drives weights to 0.

    >>> float(kerasette.regularizers.L1(0.5)(ops.convert_to_tensor([1.0, -2.0])))
    1.5
    """

    l1: float = 0.01

    def validate(self) -> None:
        self.l1 = _factor("l1", 0.01 if self.l1 is None else self.l1)

    def __call__(self, x: Any) -> Any:
        return self.l1 * ops.sum(ops.abs(x))


@declared
class L2(Regularizer):
    """``l2 * sum(x ** 2)``: keeps weights small.

    >>> float(kerasette.regularizers.L2(0.5)(ops.convert_to_tensor([1.0, -2.0])))
    2.5
    """

    l2: float = 0.01

    def validate(self) -> None:
        self.l2 = _factor("l2", 0.01 if self.l2 is None else self.l2)

    def __call__(self, x: Any) -> Any:
        return self.l2 * ops.sum(ops.square(x))


@declared
class OrthogonalRegularizer(Regularizer):
    """``factor`` times the mean size of the cosines between the rows (or columns) of a matrix.

    Args:
        factor: the weight of the penalty.
        mode: "rows" or "columns": which of them are to be at right angles.

    >>> float(kerasette.regularizers.OrthogonalRegularizer(1.0)(ops.eye(3)))
    0.0
    """

    factor: float = 0.01
    mode: str = "rows"

    def validate(self) -> None:
        self.factor = _factor("factor", self.factor)
        if self.mode not in ("rows", "columns"):
            raise ValueError(f'`mode` must be "rows" or "columns". Received: mode={self.mode!r}.')

    def __call__(self, x: Any) -> Any:
        if len(x.shape) != 2:
            raise ValueError(
                "OrthogonalRegularizer takes a matrix. "
                f"Received: a value of shape {tuple(x.shape)}."
            )
        vectors = x if self.mode == "rows" else ops.transpose(x)
        vectors = ops.normalize(vectors, axis=1)
        count = vectors.shape[0]
        cosines = ops.matmul(vectors, ops.transpose(vectors)) * (
            1.0 - ops.eye(count, dtype=x.dtype)
        )
        # Each pair stands in the matrix twice.
        return self.factor * 0.5 * ops.sum(ops.abs(cosines)) / (count * (count - 1) / 2.0)


l1, l2, l1_l2, orthogonal_regularizer = L1, L2, L1L2, OrthogonalRegularizer
for _cls, _names in (
    (Regularizer, ("regularizer",)),
    (L1, ("l1",)),
    (L2, ("l2",)),
    (L1L2, ("l1l2", "l1_l2")),
    (OrthogonalRegularizer, ("orthogonal_regularizer",)),
):
    register("regularizer", _cls, *_names)


def get(identifier: Any) -> Any:
    """A regularizer from its name, its configuration, its class, or any callable; ``None`` stays.

    >>> kerasette.regularizers.get("l2").l2
    0.01

    Raises: ValueError for something else.
    """
    return from_identifier(identifier, "regularizer")


def serialize(regularizer: Any) -> Any:
    """The configuration of a regularizer, for ``deserialize``."""
    return serialize_keras_object(regularizer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """A regularizer from its configuration.

    Args:
        config: what ``serialize`` gave, or a name.
        custom_objects: classes and functions of one's own, by the names in the configuration.
    """
    return from_config(config, "regularizer", custom_objects)


RegularizerField = Annotated[Any, Converter(get, serialize)]
