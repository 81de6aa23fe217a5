"""Policies by name and configuration."""

from typing import Annotated, Any

from kerasette.arrays import dtypes
from kerasette.declared import Converter
from kerasette.dtype_policies.policy import DTypePolicy, dtype_policy
from kerasette.dtype_policies.policy_map import DTypePolicyMap
from kerasette.dtype_policies.quantized import QUANTIZATION_MODES, by_quantized_name
from kerasette.saving.custom_objects import CustomObjectScope
from kerasette.saving.serialization import object_of, serialize_keras_object

__all__ = ["deserialize", "get", "serialize"]


def get(identifier: Any) -> Any:
    """A policy from a name, a dtype or a configuration; ``None`` gives the global one.

    >>> kerasette.dtype_policies.get("float16")
    <DTypePolicy "float16">

    Raises: ValueError for something else.
    """
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, (DTypePolicy, DTypePolicyMap)):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        mode = identifier.partition("_from_")[0].partition("/")[0]
        if mode in QUANTIZATION_MODES:
            return by_quantized_name(identifier)
        return DTypePolicy(identifier)
    return DTypePolicy(str(dtypes.standardize_dtype(identifier)))


def serialize(dtype_policy: Any) -> Any:
    """The configuration of a policy, for ``deserialize``."""
    return serialize_keras_object(dtype_policy)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """A policy from its configuration.

    Args:
        config: what ``serialize`` gave, or a name.
        custom_objects: classes of one's own, by the names in the configuration.
    """
    if not isinstance(config, dict) or "class_name" not in config:
        return get(config)
    with CustomObjectScope(custom_objects):
        return object_of({"config": {}, **config}, ("dtype_policy",))


DTypePolicyField = Annotated[Any, Converter(get, serialize)]
