"""``Loss``: what training minimises, a number for targets and predictions."""

from collections.abc import Callable
from typing import Any

from kerasette import dtype_policies, ops, tree
from kerasette.arrays import dtypes
from kerasette.arrays.settings import floatx
from kerasette.core.naming import auto_name
from kerasette.declared import Declared, declared_config, declared_fields
from kerasette.losses.reduction import (
    mask_of,
    match_ranks,
    reduce_weighted_values,
    standardize_reduction,
)
from kerasette.registry import register
from kerasette.saving.serialization import deserialize_keras_object, serialize_keras_object


class Loss(Declared):
    """Base class of losses. One of one's own writes ``call(y_true, y_pred)``, which gives a value
    for each sample: ``(batch, ...) -> (batch,)`` or more.

    Args:
        name: its name; made up where none is given.
        reduction: how the values of the samples become one: "sum"; "sum_over_batch_size" or
            "mean", the sum over the number of values; "mean_with_sample_weight", the sum over that
            of the weights; "none" or ``None`` leaves them.
        dtype: the dtype, or a policy whose compute dtype, losses are computed in; floatx by
            default.

    >>> class Cubes(kerasette.Loss):
    ...     def call(self, y_true, y_pred):
    ...         return ops.mean(ops.abs(y_true - y_pred) ** 3, axis=-1)
    >>> float(Cubes()([[0.0, 0.0]], [[1.0, 2.0]]))
    4.5

    Raises: ValueError for a reduction that is not known.
    """

    registry_kind = "loss"
    name: Any  # a string; as a field it may be given as None
    # Whether targets are class numbers, which stay whole: a float dtype would round large ones.
    class_targets = False

    def __init__(
        self,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ):
        self.name = name or auto_name(type(self).__name__)
        self.reduction = standardize_reduction(reduction)
        self._given_dtype = dtype
        self._dtype_policy = dtype_policies.get(dtype or floatx())
        self._dtype = self._dtype_policy.compute_dtype

    @property
    def dtype(self) -> Any:
        """The dtype that the loss is computed in."""
        return self._dtype

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The loss: a scalar, or the values themselves without a reduction.

        Args:
            y_true: the targets, ``(batch, ...)``.
            y_pred: the predictions, ``(batch, ...)``; a mask that they carry is heeded.
            sample_weight: a weight for each sample, ``(batch,)``, or for each value.

        Raises: ValueError for shapes that do not fit.
        """
        mask = mask_of(y_pred)
        y_pred = _converted(y_pred, lambda leaf: ops.convert_to_tensor(leaf, self.dtype))
        y_true = _converted(y_true, self._target)
        values = self.call(y_true, y_pred)
        own_mask = mask_of(values)
        if mask is None or own_mask is None:
            mask = own_mask if mask is None else mask
        else:
            mask = ops.logical_and(mask, own_mask)
        return reduce_weighted_values(values, sample_weight, mask, self.reduction, self.dtype)

    def _target(self, leaf: Any) -> Any:
        leaf = ops.convert_to_tensor(leaf)
        if self.class_targets and dtypes.is_int(leaf.dtype):
            return leaf
        return ops.cast(leaf, self.dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The value of the loss for each sample; subclasses write it."""
        raise NotImplementedError(f"{type(self).__name__} has no `call` method yet: write it.")

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a loss like this one."""
        config = {"name": self.name, "reduction": self.reduction, **declared_config(self)}
        config.pop("dtype", None)
        if self._given_dtype is not None:
            config["dtype"] = str(self.dtype)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A loss made of what ``get_config`` gave."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


def _converted(value: Any, convert: Callable[[Any], Any]) -> Any:
    """A tensor of a value; or, where it is a structure of arrays, tensors in that structure."""
    if isinstance(value, dict) or (
        isinstance(value, (list, tuple))
        and any(getattr(leaf, "shape", ()) for leaf in tree.flatten(value))
    ):
        return tree.map_structure(convert, value)
    return convert(value)


_OF_CLASSES: set[Any] = set()  # functions whose targets are class numbers


class FunctionLoss(Loss):
    """A loss that is one function of targets, predictions and the class's declared fields."""

    function: Callable[..., Any]

    def __init_subclass__(cls) -> None:
        if cls.class_targets:
            _OF_CLASSES.add(cls.function)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        fields = [f.name for f in declared_fields(type(self))]
        arguments = {
            name: getattr(self, name)
            for name in fields
            if name not in ("name", "reduction", "dtype")
        }
        return _apply(type(self).function, y_true, y_pred, arguments)


class LossFunctionWrapper(Loss):
    """A loss of any function ``fn(y_true, y_pred, **kwargs)`` that gives a value for each sample.

    >>> def squares(y_true, y_pred):
    ...     return (y_true - y_pred) ** 2
    >>> float(kerasette.losses.LossFunctionWrapper(squares)([0.0, 0.0], [1.0, 3.0]))
    5.0
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.fn = fn
        self.class_targets = fn in _OF_CLASSES
        self._fn_kwargs = kwargs

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return _apply(self.fn, y_true, y_pred, self._fn_kwargs)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a loss like this one; the function goes by its name."""
        own = {"fn": self.fn, **self._fn_kwargs}
        return {**super().get_config(), **serialize_keras_object(own)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A loss made of what ``get_config`` gave."""
        return cls(**deserialize_keras_object(config))

    def __repr__(self) -> str:
        return f"<LossFunctionWrapper({self.fn}, kwargs={self._fn_kwargs})>"


def _apply(function: Any, y_true: Any, y_pred: Any, arguments: dict[str, Any]) -> Any:
    if tree.is_nested(y_pred) or tree.is_nested(y_true):
        pairs = tree.map_structure(match_ranks, y_true, y_pred)
        y_true, y_pred = (
            tree.map_structure_up_to(y_true, lambda pair, side=side: pair[side], pairs)
            for side in (0, 1)
        )
    else:
        y_true, y_pred = match_ranks(y_true, y_pred)
    return function(y_true, y_pred, **arguments)


register("loss", Loss)
register("loss", LossFunctionWrapper)
