"""Losses: what training minimises. Each is a function, and a class that reduces and weighs it."""

from typing import Any

from kerasette.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from kerasette.losses.focal import (
    BinaryFocalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalGeneralizedCrossEntropy,
    binary_focal_crossentropy,
    categorical_focal_crossentropy,
    categorical_generalized_cross_entropy,
)
from kerasette.losses.loss import Loss, LossFunctionWrapper
from kerasette.losses.margin import (
    CategoricalHinge,
    Hinge,
    SquaredHinge,
    categorical_hinge,
    hinge,
    squared_hinge,
)
from kerasette.losses.probabilistic import KLDivergence, Poisson, kl_divergence, poisson
from kerasette.losses.regression import (
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    cosine_similarity,
    huber,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
)
from kerasette.losses.segmentation import Dice, Tversky, dice, tversky
from kerasette.losses.sequence import CTC, ctc
from kerasette.losses.similarity import Circle, circle
from kerasette.registry import register
from kerasette.saving.serialization import from_config, from_identifier, serialize_keras_object

__all__ = [
    "CTC",
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
    "Circle",
    "CosineSimilarity",
    "Dice",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "LossFunctionWrapper",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "Tversky",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "categorical_hinge",
    "circle",
    "cosine_similarity",
    "ctc",
    "deserialize",
    "dice",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "serialize",
    "sparse_categorical_crossentropy",
    "squared_hinge",
    "tversky",
]

for _function, _names in (
    (binary_crossentropy, ("bce", "BCE")),
    (binary_focal_crossentropy, ()),
    (categorical_crossentropy, ()),
    (categorical_focal_crossentropy, ()),
    (categorical_generalized_cross_entropy, ()),
    (categorical_hinge, ()),
    (circle, ()),
    (cosine_similarity, ()),
    (ctc, ()),
    (dice, ()),
    (hinge, ()),
    (huber, ()),
    (kl_divergence, ("kld", "KLD", "kullback_leibler_divergence")),
    (log_cosh, ("logcosh",)),
    (mean_absolute_error, ("mae", "MAE")),
    (mean_absolute_percentage_error, ("mape", "MAPE")),
    (mean_squared_error, ("mse", "MSE")),
    (mean_squared_logarithmic_error, ("msle", "MSLE")),
    (poisson, ()),
    (sparse_categorical_crossentropy, ()),
    (squared_hinge, ()),
    (tversky, ()),
):
    register("loss", _function, *_names)


def get(identifier: Any) -> Any:
    """A loss from its name, its configuration, its class, or any callable; ``None`` stays.

    Names of functions give the function, names of classes a loss of that class.

    >>> kerasette.losses.get("Huber").delta
    1.0

    Raises: ValueError for something else.
    """
    return from_identifier(identifier, "loss")


def serialize(loss: Any) -> Any:
    """The configuration of a loss, for ``deserialize``."""
    return serialize_keras_object(loss)


def deserialize(name: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """A loss from its configuration.

    Args:
        name: what ``serialize`` gave, or a name.
        custom_objects: classes and functions of one's own, by the names in the configuration.
    """
    return from_config(name, "loss", custom_objects)
