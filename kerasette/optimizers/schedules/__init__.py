"""Learning rate schedules."""

from typing import Any

from kerasette.optimizers.schedules.decay import ExponentialDecay
from kerasette.optimizers.schedules.learning_rate_schedule import LearningRateSchedule
from kerasette.optimizers.schedules.others import (
    CosineDecay,
    CosineDecayRestarts,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
)
from kerasette.saving.serialization import deserialize_keras_object, serialize_keras_object

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]


def serialize(learning_rate_schedule: Any) -> dict[str, Any]:
    """A schedule as a plain config."""
    return serialize_keras_object(learning_rate_schedule)


def deserialize(config: dict[str, Any], custom_objects: Any = None) -> Any:
    """The schedule of a config."""
    return deserialize_keras_object(config, custom_objects=custom_objects)
