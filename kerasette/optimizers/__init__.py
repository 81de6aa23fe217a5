"""Optimizers: how weights follow their gradients."""

from typing import Any

from kerasette.errors import unknown_name
from kerasette.optimizers import schedules
from kerasette.optimizers.adafactor import Adafactor
from kerasette.optimizers.adam import Adam, AdamW
from kerasette.optimizers.adam_family import Adamax, Lamb, Nadam, ScheduleFreeAdamW
from kerasette.optimizers.adaptive import Adadelta, Adagrad
from kerasette.optimizers.ftrl import Ftrl
from kerasette.optimizers.lion import Lion
from kerasette.optimizers.loss_scale_optimizer import LossScaleOptimizer
from kerasette.optimizers.multi_optimizer import MultiOptimizer, OptimizerMap
from kerasette.optimizers.muon import Muon
from kerasette.optimizers.optimizer import Optimizer
from kerasette.optimizers.rmsprop import RMSprop
from kerasette.optimizers.sgd import SGD
from kerasette.registry import register, table
from kerasette.saving.serialization import deserialize_keras_object, serialize_keras_object

__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "LossScaleOptimizer",
    "MultiOptimizer",
    "Muon",
    "Nadam",
    "Optimizer",
    "OptimizerMap",
    "RMSprop",
    "ScheduleFreeAdamW",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]

_KNOWN = (
    SGD, Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Ftrl, Lamb, Lion, LossScaleOptimizer,
    Muon, Nadam, RMSprop, ScheduleFreeAdamW,
)  # fmt: skip
for _class in _KNOWN:
    register("optimizer", _class, _class.__name__.lower())


def serialize(optimizer: Any) -> Any:
    """An optimizer as a plain config."""
    return serialize_keras_object(optimizer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The optimizer of a config."""
    return deserialize_keras_object(config, custom_objects=custom_objects)


def get(identifier: Any) -> Any:
    """An optimizer of its name, its config, or itself; ``None`` stays ``None``.

    >>> type(kerasette.optimizers.get("adam")).__name__
    'Adam'

    Raises: ValueError for an unknown name, or what is no optimizer.
    """
    if isinstance(identifier, Optimizer) or identifier is None:
        return identifier
    if isinstance(identifier, str):
        identifier = {"class_name": identifier.lower(), "config": {}}
        if identifier["class_name"] not in table("optimizer"):
            raise unknown_name("optimizer", identifier["class_name"], table("optimizer"))
    if isinstance(identifier, dict):
        return deserialize(identifier)
    raise ValueError(
        f"An optimizer must be a name, a config or an Optimizer. Received: {identifier!r}."
    )
