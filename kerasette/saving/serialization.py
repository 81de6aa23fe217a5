"""Objects as plain configurations, as they stand in model files, and back.

A configuration names a class; the class is looked up in kerasette's own closed table by its name,
whatever module the file says it is from, or among what the user made known (``custom_objects``).
Nothing is imported because a file names it, and code is neither written nor read: a lambda cannot
be saved.
"""

import inspect
import threading
from typing import Any

import numpy as np

from kerasette import registry
from kerasette.arrays import dtypes
from kerasette.core.primitive import Primitive
from kerasette.core.tensor import KerasTensor, Tensor, TensorBase, constant
from kerasette.errors import nearest, unknown_name
from kerasette.saving.custom_objects import (
    CustomObjectScope,
    get_registered_name,
    known_objects,
)

__all__ = ["deserialize_keras_object", "serialize_keras_object"]

_PLAIN = (str, int, float, bool, type(None))

# The public module of each kind of object, as files name it. A class may name another one
# (`keras_module`), as Sequential does.
MODULES = {
    "layer": "keras.layers",
    "model": "keras.models",
    "operation": "keras.ops",
    "activation": "keras.activations",
    "initializer": "keras.initializers",
    "regularizer": "keras.regularizers",
    "constraint": "keras.constraints",
    "loss": "keras.losses",
    "metric": "keras.metrics",
    "optimizer": "keras.optimizers",
    "schedule": "keras.optimizers.schedules",
    "callback": "keras.callbacks",
    "dtype_policy": "keras.dtype_policies",
    "random": "keras.random",
    "quantizer": "keras.quantizers",
    "feature": "keras.utils",
}
# Callbacks act on the machine (they write files); no model has one, so no file may name one.
_IN_FILES = tuple(kind for kind in MODULES if kind != "callback")
_FUNCTIONS = ("activation", "loss", "metric", "operation")


class _Sharing(threading.local):
    configs: dict[int, dict[str, Any]] | None = None  # by id, while something is serialized
    objects: dict[Any, Any] | None = None  # by the id in the file, while it is read


_sharing = _Sharing()


class ObjectSharingScope:
    """Within it, an object that occurs twice is the same object again after loading."""

    def __enter__(self) -> "ObjectSharingScope":
        self._before = (_sharing.configs, _sharing.objects)
        _sharing.configs, _sharing.objects = {}, {}
        return self

    def __exit__(self, *error: Any) -> None:
        _sharing.configs, _sharing.objects = self._before


def serialize_keras_object(obj: Any) -> Any:
    """A value as plain Python values that JSON can hold.

    Objects become ``{"module", "class_name", "config", "registered_name"}``.

    >>> kerasette.saving.serialize_keras_object(kerasette.initializers.Ones())["class_name"]
    'Ones'

    Raises: TypeError for an object without ``get_config``; ValueError for a lambda.
    """
    if isinstance(obj, _PLAIN):
        return str(obj) if isinstance(obj, str) else obj
    if isinstance(obj, (list, tuple)):
        items = [serialize_keras_object(item) for item in obj]
        return tuple(items) if isinstance(obj, tuple) else items
    if isinstance(obj, dict):
        return {key: serialize_keras_object(value) for key, value in obj.items()}
    special = _serialized_value(obj)
    if special is not None:
        return special
    if isinstance(obj, np.generic) or (isinstance(obj, np.ndarray) and obj.ndim == 0):
        return obj.item()
    config = _serialized_function(obj) if _is_function(obj) else _serialized_object(obj)
    for part in ("build_config", "compile_config"):
        getter = getattr(obj, f"get_{part}", None)
        found = getter() if getter is not None else None
        if found is not None:
            config[part] = serialize_keras_object(found)
    _note_sharing(obj, config)
    return config


def _serialized_value(obj: Any) -> dict[str, Any] | None:
    """Values that are neither plain nor objects with a configuration."""

    def named(name: str, **config: Any) -> dict[str, Any]:
        return {"class_name": f"__{name}__", "config": config}

    if isinstance(obj, bytes):
        return named("bytes", value=obj.decode("utf-8"))
    if isinstance(obj, slice):
        parts = {part: serialize_keras_object(getattr(obj, part)) for part in _SLICE}
        return named("slice", **parts)
    if obj is Ellipsis:
        return named("ellipsis")
    if isinstance(obj, KerasTensor):
        history = getattr(obj, "_keras_history", None)
        if history:
            history = [history[0].name, *history[1:]]
        return named("keras_tensor", shape=obj.shape, dtype=str(obj.dtype), keras_history=history)
    if isinstance(obj, TensorBase):
        if not isinstance(obj, Tensor):
            raise TypeError(f"Only tensors with a value can be serialized. Received: {obj!r}.")
        return named("tensor", value=obj.tolist(), dtype=str(obj.dtype))
    if isinstance(obj, np.ndarray) and obj.ndim:
        return named("numpy", value=obj.tolist(), dtype=str(dtypes.name_of(obj.dtype)))
    return None


_SLICE = ("start", "stop", "step")


def _is_function(obj: Any) -> bool:
    return inspect.isfunction(obj) or isinstance(obj, (Primitive, type)) or inspect.isbuiltin(obj)


def _serialized_function(obj: Any) -> dict[str, Any]:
    if obj.__name__ == "<lambda>":
        raise ValueError(
            "A lambda cannot be saved: its code would have to be run by whoever loads the file. "
            "Define a named function and register it with "
            "@kerasette.saving.register_keras_serializable()."
        )
    return {
        "module": "builtins",
        "class_name": "function",
        "config": get_registered_name(obj),
        "registered_name": "function",
    }


def _serialized_object(obj: Any) -> dict[str, Any]:
    cls = getattr(obj, "written_class", type(obj))
    if not hasattr(obj, "get_config"):
        raise TypeError(
            f"An object must have a `get_config` method to be serialized. Received: {obj!r} "
            f"(of type {cls.__name__})."
        )
    config = obj.get_config()
    if not isinstance(config, dict):
        raise TypeError(f"{cls.__name__}.get_config() must return a dict. Received: {config!r}.")
    module, registered = public_module(cls), None
    if module is None:
        module = None if cls.__module__ == "__main__" else cls.__module__
        registered = get_registered_name(cls)
    return {
        "module": module,
        "class_name": getattr(cls, "keras_name", cls.__name__)
        if registered is None
        else cls.__name__,
        "config": serialize_keras_object(config),
        "registered_name": registered,
    }


def public_module(cls: type) -> str | None:
    """The module that Keras knows a class of kerasette by; ``None`` for a class of a user's own."""
    kind = getattr(cls, "registry_kind", None)
    if kind is None or cls.__module__.partition(".")[0] != __name__.partition(".")[0]:
        return None
    return getattr(cls, "keras_module", MODULES[kind])


def _note_sharing(obj: Any, config: dict[str, Any]) -> None:
    if _sharing.configs is None:
        return
    first = _sharing.configs.setdefault(id(obj), config)
    if first is not config:
        first["shared_object_id"] = config["shared_object_id"] = id(obj)


def deserialize_keras_object(
    config: Any,
    custom_objects: dict[str, Any] | None = None,
    safe_mode: bool = True,
    **kwargs: Any,
) -> Any:
    """The value or object that a configuration describes.

    Args:
        config: what ``serialize_keras_object`` gave.
        custom_objects: names of classes and functions of one's own, and what they stand for.
        safe_mode: Keras's; nothing that a file can say runs its code, with or without it.

    >>> kerasette.saving.deserialize_keras_object(
    ...     {"module": "keras.initializers", "class_name": "Constant", "config": {"value": 2.0}}
    ... ).value
    2.0

    Raises: ValueError for a class or function that is not known; TypeError for a configuration that
    its class does not accept.
    """
    custom_objects = {**(kwargs.pop("module_objects", None) or {}), **(custom_objects or {})}
    if kwargs:
        raise TypeError(f"deserialize_keras_object() got unknown arguments: {sorted(kwargs)}.")
    if isinstance(config, str):
        return known_objects(custom_objects).get(config, config)
    with CustomObjectScope(custom_objects):
        return _value_of(config, _IN_FILES)


def _value_of(config: Any, kinds: tuple[str, ...]) -> Any:
    if isinstance(config, _PLAIN):
        return config
    if isinstance(config, (list, tuple)):
        return [_value_of(item, kinds) for item in config]
    if not isinstance(config, dict):
        raise TypeError(f"A configuration holds plain values only. Received: {config!r}.")
    if "class_name" not in config or "config" not in config:
        return {key: _value_of(value, kinds) for key, value in config.items()}
    name, inner = config["class_name"], config["config"]
    if not isinstance(name, str):
        raise TypeError(f"`class_name` must be a string. Received: class_name={name!r}.")
    if name.startswith("__"):
        return _special_value(name, inner if isinstance(inner, dict) else {})
    if name == "function":
        return _function_of(config, kinds)
    return object_of(config, kinds)


def _special_value(name: str, inner: dict[str, Any]) -> Any:
    try:
        if name == "__keras_tensor__":
            symbol = KerasTensor(inner["shape"], dtype=inner["dtype"])
            symbol._pre_serialization_keras_history = inner["keras_history"]  # type: ignore[attr-defined]
            return symbol
        if name == "__tensor__":
            return constant(inner["value"], dtype=inner["dtype"])
        if name == "__numpy__":
            dtype = dtypes.numpy_dtype(dtypes.standardize_dtype(inner["dtype"]))
            return np.array(inner["value"], dtype=dtype)
        if name == "__bytes__":
            return inner["value"].encode("utf-8")
        if name == "__slice__":
            return slice(*(inner[part] for part in _SLICE))
    except KeyError as error:
        raise ValueError(f"A configuration of class {name} lacks its part {error}.") from None
    if name == "__ellipsis__":
        return Ellipsis
    if name == "__lambda__":
        raise ValueError(
            "The file holds the code of a Python lambda, and kerasette never runs code from a "
            "file. Ask for a file saved with a named function, and give that function in "
            "`custom_objects`."
        )
    raise ValueError(f"Unknown kind of value in a configuration: {name!r}.")


def _function_of(config: dict[str, Any], kinds: tuple[str, ...]) -> Any:
    name = config["config"]
    if not isinstance(name, str):
        raise TypeError(f"A function is named by a string. Received: config={name!r}.")
    wanted = _kinds_of(config.get("module"), _FUNCTIONS if kinds == _IN_FILES else kinds)
    return look_up(name, wanted, "function", config.get("registered_name"))


def object_of(config: dict[str, Any], kinds: tuple[str, ...]) -> Any:
    """The object that a ``class_name`` and a ``config`` describe, of one of ``kinds``."""
    shared = config.get("shared_object_id")
    if shared is not None and _sharing.objects is not None and shared in _sharing.objects:
        return _sharing.objects[shared]
    name, inner = config["class_name"], config["config"]
    registered = config.get("registered_name", name)
    cls = look_up(name, _kinds_of(config.get("module"), kinds), "class", registered)
    if not isinstance(cls, type):
        return cls
    if not hasattr(cls, "from_config"):
        raise TypeError(f"{cls.__name__} has no `from_config` method, so no file can hold one.")
    if not isinstance(inner, (dict, type(None))):
        raise TypeError(f"The config of {name} must be a dict. Received: {inner!r}.")
    try:
        made = cls.from_config(_without_gone(cls, inner or {}))
    except TypeError as error:
        raise TypeError(
            f"{name} cannot be made of its configuration: {error} Received: config={inner}."
        ) from error
    if config.get("build_config") and not getattr(made, "built", True):
        made.build_from_config(config["build_config"])
    if config.get("compile_config"):
        made.compile_from_config(config["compile_config"])
    if shared is not None and _sharing.objects is not None:
        _sharing.objects[shared] = made
    return made


# Arguments of recurrent layers that are gone since Keras 2, and the values that mean what is done.
_GONE = {"implementation": (0, 1, 2), "time_major": (False,)}


def _without_gone(cls: type, config: dict[str, Any]) -> dict[str, Any]:
    """A config without what older versions wrote into it."""
    if getattr(cls, "registry_kind", None) != "layer" or public_module(cls) is None:
        return dict(config)
    return {key: value for key, value in config.items() if value not in _GONE.get(key, ())}


def _kinds_of(module: Any, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """``kinds``, first those that the module's name speaks of: ``keras.src.losses.x`` of losses."""
    parts = str(module or "").split(".")
    hinted = [kind for kind in kinds if MODULES[kind].rpartition(".")[2] in parts]
    if parts == ["keras"]:  # what stands at the top is a model or a policy
        hinted = [kind for kind in ("dtype_policy", "model") if kind in kinds]
    return (*hinted, *(kind for kind in kinds if kind not in hinted))


def look_up(
    name: str, kinds: tuple[str, ...], what: str, registered_name: str | None = None
) -> Any:
    """A class or function by name: one that the user made known, else one of kerasette's.

    Raises: ValueError for a name that is not known.
    """
    own = known_objects()
    for key in (registered_name, None if registered_name is None else name):
        if key is not None and key in own:
            return own[key]
    found = registry.find(name, *kinds)
    if found is None:
        found = own.get(name)
    if found is None:  # some files leave the package out
        found = next((own[key] for key in own if key.endswith(f">{name}")), None)
    if found is None:
        known = [known for kind in kinds for known in registry.table(kind)]
        raise ValueError(
            f"Unknown {what}: {name!r}.{nearest(name, known)} A {what} of your own must be given "
            "in `custom_objects`, or registered with "
            "@kerasette.saving.register_keras_serializable() before loading."
        )
    return found


def from_identifier(identifier: Any, kind: str) -> Any:
    """What a user may give for an object of one kind: a name, a configuration, the thing itself.

    Classes are instantiated without arguments; functions and objects are given back as they are.

    Raises: ValueError for a name that is not known, or a value that is not callable.
    """
    if identifier is None:
        return None
    words = kind.replace("_", " ")
    found = identifier
    if isinstance(identifier, dict):
        if "class_name" not in identifier:
            raise ValueError(
                f"The configuration of a {words} must have a `class_name`. Received: {identifier}."
            )
        kinds = (kind, "layer") if kind == "activation" else (kind,)
        found = _value_of({"config": {}, **identifier}, kinds)
    elif isinstance(identifier, str):
        own = known_objects()
        found = own.get(identifier, registry.table(kind).get(identifier))
        if found is None:
            raise unknown_name(words, identifier, [*own, *registry.table(kind)])
    if inspect.isclass(found):
        found = found()
    if not callable(found):
        raise ValueError(
            f"A {words} is given by its name, its configuration, or as a callable. "
            f"Received: {identifier!r}."
        )
    return found


def from_config(config: Any, kind: str, custom_objects: dict[str, Any] | None) -> Any:
    """An object of one kind from its configuration or name, with objects of the user's own."""
    with CustomObjectScope(custom_objects):
        return from_identifier(config, kind)
