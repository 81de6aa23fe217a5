"""Classes and functions of the user's own that files and strings may name.

A file can only name what the user made known here, beforehand: by registration, by a scope, or by
the ``custom_objects`` of a call.
"""

import inspect
import threading
from collections.abc import Callable
from typing import Any

__all__ = [
    "CustomObjectScope",
    "custom_object_scope",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "register_keras_serializable",
]

_registered: dict[str, Any] = {}
_names: dict[Any, str] = {}


class _Scopes(threading.local):
    objects: dict[str, Any] = {}


_scopes = _Scopes()


class CustomObjectScope:
    """Within it, the given names stand for the given classes and functions.

    Args:
        custom_objects: names and what they stand for.

    >>> with kerasette.saving.CustomObjectScope({"double": lambda x: 2 * x}):
    ...     double = kerasette.activations.get("double")
    >>> double(2)
    4
    """

    def __init__(self, custom_objects: dict[str, Any] | None):
        self.custom_objects = dict(custom_objects or {})

    def __enter__(self) -> "CustomObjectScope":
        self._before = _scopes.objects
        _scopes.objects = {**self._before, **self.custom_objects}
        return self

    def __exit__(self, *error: Any) -> None:
        _scopes.objects = self._before


custom_object_scope = CustomObjectScope


def get_custom_objects() -> dict[str, Any]:
    """The table of registered objects itself, which may be changed."""
    return _registered


def known_objects(custom_objects: dict[str, Any] | None = None) -> dict[str, Any]:
    """All of the user's own objects: registered, of the open scopes, and given; the last win."""
    return {**_registered, **_scopes.objects, **(custom_objects or {})}


def register_keras_serializable(
    package: str = "Custom", name: str | None = None
) -> Callable[[Any], Any]:
    """Make a class or function of one's own known to files, as ``package>name``.

    Args:
        package: what it belongs to.
        name: its name; that of the class or function by default.

    >>> @kerasette.saving.register_keras_serializable("my_package")
    ... def cube(x):
    ...     return x**3
    >>> kerasette.saving.get_registered_name(cube)
    'my_package>cube'

    Raises: ValueError for a class without ``get_config``.
    """

    def register(thing: Any) -> Any:
        if inspect.isclass(thing) and not hasattr(thing, "get_config"):
            raise ValueError(
                f"A class needs a `get_config` method to be registered. Received: {thing}."
            )
        full = f"{package}>{thing.__name__ if name is None else name}"
        _registered[full] = thing
        _names[thing] = full
        return thing

    return register


def get_registered_name(obj: Any) -> str:
    """The name under which a class or function is registered, or its own."""
    return _names.get(obj) or obj.__name__


def get_registered_object(
    name: str,
    custom_objects: dict[str, Any] | None = None,
    module_objects: dict[str, Any] | None = None,
) -> Any:
    """What ``name`` stands for among registered, scoped and given objects, or ``None``."""
    found = known_objects(custom_objects).get(name)
    return (module_objects or {}).get(name) if found is None else found
