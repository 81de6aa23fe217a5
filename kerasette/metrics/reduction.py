"""Sums and means over batches, and means of a function of targets and predictions."""

from collections.abc import Callable
from typing import Any

from kerasette import ops, registry
from kerasette.declared import declared, declared_fields
from kerasette.losses.reduction import apply_mask, fit_weight, mask_of, match_ranks
from kerasette.metrics.metric import Metric
from kerasette.registry import register
from kerasette.saving.serialization import deserialize_keras_object, serialize_keras_object


def samplewise(
    values: Any, sample_weight: Any, reduce: Callable[..., Any], dtype: Any
) -> tuple[Any, Any]:
    """Weighted values and weights, one of each for each sample.

    Args:
        values: ``(batch, ...)``; a mask that they carry makes weights 0.
        sample_weight: a scalar, ``(batch,)``, or up to the shape of ``values``; or ``None``.
        reduce: ``ops.sum`` or ``ops.mean``: how what a sample has becomes one value.
        dtype: in which this is computed.
    """
    mask = mask_of(values)
    values = ops.cast(values, dtype)
    if sample_weight is not None:
        sample_weight = apply_mask(ops.cast(sample_weight, dtype), mask, dtype, "sum")
        values, sample_weight = match_ranks(values, sample_weight)
        rank = len(sample_weight.shape)
        if len(values.shape) > rank:
            values = reduce(values, axis=tuple(range(rank, len(values.shape))))
        values, sample_weight = fit_weight(values, sample_weight)
        sample_weight = ops.broadcast_to(sample_weight, values.shape)
        values = values * sample_weight
        if rank > 1:
            sample_weight = reduce(sample_weight, axis=tuple(range(1, rank)))
    if len(values.shape) > 1:
        values = reduce(values, axis=tuple(range(1, len(values.shape))))
    return values, sample_weight


@declared
class Sum(Metric):
    """The sum of all values, each times its weight.

    >>> metric = kerasette.metrics.Sum()
    >>> float(metric([1.0, 3.0, 5.0]))
    9.0
    """

    name: str | None = "sum"
    dtype: Any = None

    def validate(self) -> None:
        self.total = self.add_variable((), "zeros", dtype=self.dtype, name="total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Add ``values`` of any shape, each times its weight."""
        values, _ = samplewise(values, sample_weight, ops.sum, self.dtype)
        self.total.assign_add(ops.sum(values))

    def result(self) -> Any:
        """The sum, a scalar."""
        return self.total.value


@declared
class Mean(Metric):
    """The mean of all values, weighted.

    >>> metric = kerasette.metrics.Mean()
    >>> metric.update_state([1.0, 3.0, 5.0], sample_weight=[1.0, 1.0, 0.0])
    >>> float(metric.result())
    2.0
    """

    name: str | None = "mean"
    dtype: Any = None

    def validate(self) -> None:
        self.total = self.add_variable((), "zeros", dtype=self.dtype, name="total")
        self.count = self.add_variable((), "zeros", dtype=self.dtype, name="count")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Take in values ``(batch, ...)``; a sample's values count as their mean."""
        values, sample_weight = samplewise(values, sample_weight, ops.mean, self.dtype)
        self.total.assign_add(ops.sum(values))
        if sample_weight is not None:
            self.count.assign_add(ops.sum(sample_weight))
        else:
            self.count.assign_add(ops.cast(values.shape[0] if values.shape else 1, self.dtype))

    def result(self) -> Any:
        """The mean, a scalar; 0 before the first value."""
        return ops.divide_no_nan(self.total, self.count)


class FunctionMetric(Mean):
    """The mean of one function of targets, predictions and the class's declared fields."""

    function: Callable[..., Any]

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        """Take in one batch; a mask that the predictions carry is heeded."""
        fields = [f.name for f in declared_fields(type(self))]
        arguments = {n: getattr(self, n) for n in fields if n not in ("name", "dtype")}
        _update_mean(self, type(self).function, y_true, y_pred, sample_weight, arguments)


class MeanMetricWrapper(Mean):
    """The mean of any function ``fn(y_true, y_pred, **kwargs)`` that gives a value for each sample.

    >>> def off_by(y_true, y_pred):
    ...     return ops.abs(y_true - y_pred)
    >>> float(kerasette.metrics.MeanMetricWrapper(off_by)(ops.ones(2), ops.zeros(2)))
    1.0
    """

    def __init__(
        self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **kwargs: Any
    ):
        super().__init__(name=name, dtype=dtype)
        self._fn = fn
        self._fn_kwargs = kwargs

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        """Take in one batch; a mask that the predictions carry is heeded."""
        _update_mean(self, self._fn, y_true, y_pred, sample_weight, self._fn_kwargs)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a metric like this one; the function goes by its name."""
        own = {"fn": self._fn, **self._fn_kwargs}
        return {"name": self.name, "dtype": str(self.dtype), **serialize_keras_object(own)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A metric made of what ``get_config`` gave."""
        config = deserialize_keras_object(config)
        fn = config.get("fn")
        if isinstance(fn, str):  # as Keras 2 writes it
            fn = config["fn"] = registry.find(fn, "metric", "loss") or fn
        if isinstance(fn, type) and issubclass(fn, FunctionMetric):
            config["fn"] = fn.function  # "binary_accuracy" names the class first
        return cls(**config)


def _update_mean(
    metric: Mean, function: Any, y_true: Any, y_pred: Any, sample_weight: Any, arguments: Any
) -> None:
    values = function(y_true, y_pred, **arguments)
    sample_weight = apply_mask(sample_weight, mask_of(y_pred), metric.dtype, "sum")
    Mean.update_state(metric, values, sample_weight=sample_weight)


register("metric", MeanMetricWrapper)
