"""Means of cross-entropies and of losses between distributions."""

from typing import Any

from kerasette import losses
from kerasette.declared import declared
from kerasette.metrics.reduction import FunctionMetric


@declared
class KLDivergence(FunctionMetric):
    """The mean divergence of the predicted distribution from the true one.

    >>> float(kerasette.metrics.KLDivergence()([[0.5, 0.5]], [[0.5, 0.5]]))
    0.0
    """

    function = staticmethod(losses.kl_divergence)
    name: str | None = "kl_divergence"
    dtype: Any = None


@declared
class Poisson(FunctionMetric):
    """The mean loss of counts, of which the prediction is the expected number.

    >>> float(kerasette.metrics.Poisson()([[0.0]], [[2.0]]))
    2.0
    """

    function = staticmethod(losses.poisson)
    name: str | None = "poisson"
    dtype: Any = None


@declared
class BinaryCrossentropy(FunctionMetric):
    """The mean cross-entropy of labels that are 0 or 1.

    >>> float(kerasette.metrics.BinaryCrossentropy(from_logits=True)([[1.0]], [[0.0]]))
    0.6931471824645996
    """

    function = staticmethod(losses.binary_crossentropy)
    name: str | None = "binary_crossentropy"
    dtype: Any = None
    from_logits: bool = False
    label_smoothing: float = 0


@declared
class CategoricalCrossentropy(FunctionMetric):
    """The mean cross-entropy of one-hot targets.

    >>> float(kerasette.metrics.CategoricalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]]))
    0.6931471824645996
    """

    function = staticmethod(losses.categorical_crossentropy)
    name: str | None = "categorical_crossentropy"
    dtype: Any = None
    from_logits: bool = False
    label_smoothing: float = 0
    axis: int = -1


@declared
class SparseCategoricalCrossentropy(FunctionMetric):
    """The mean cross-entropy of targets that are class numbers.

    >>> float(kerasette.metrics.SparseCategoricalCrossentropy()([1], [[0.5, 0.5]]))
    0.6931471824645996
    """

    function = staticmethod(losses.sparse_categorical_crossentropy)
    name: str | None = "sparse_categorical_crossentropy"
    dtype: Any = None
    from_logits: bool = False
    ignore_class: int | None = None
    axis: int = -1
