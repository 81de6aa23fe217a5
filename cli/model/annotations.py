"""Whether a config's value has the type that a class's signature asks for."""

import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

_WORDS = {int: "an integer", float: "a number", bool: "true or false", str: "a text"}


def fits(value: Any, annotation: Any) -> bool:
    """Whether ``value`` may be given for a parameter of that annotation; unknown ones accept all.

    >>> fits(3, int | None), fits("3", int), fits([1, 2], int | tuple[int, int])
    (True, False, True)
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return fits(value, arguments[0])
    if origin in (Union, types.UnionType):
        return any(fits(value, part) for part in arguments)
    if origin is Literal:
        return value in arguments
    if annotation is None or annotation is type(None):
        return value is None
    if annotation is bool:
        return isinstance(value, bool)
    if annotation is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if annotation is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if annotation is str:
        return isinstance(value, str)
    if annotation in (tuple, list) or origin in (tuple, list):
        return isinstance(value, list | tuple) and _items_fit(value, origin, arguments)
    if annotation is dict or origin is dict:
        return isinstance(value, dict)
    return True


def _items_fit(value: Any, origin: Any, arguments: tuple[Any, ...]) -> bool:
    if not arguments:
        return True
    if origin is tuple and arguments[-1] is not Ellipsis:
        pairs = zip(value, arguments, strict=False)
        return len(value) == len(arguments) and all(fits(v, a) for v, a in pairs)
    return all(fits(item, arguments[0]) for item in value)


def words(annotation: Any) -> str:
    """What an annotation asks for, in words.

    >>> words(int | tuple[int, ...])
    'an integer or a list of integers'
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return words(arguments[0])
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(words(part) for part in arguments))
    if origin is Literal:
        return " or ".join(map(str, arguments))
    if annotation is None or annotation is type(None):
        return "null"
    if origin in (tuple, list) and arguments:
        inner = words(arguments[0]).removeprefix("an ").removeprefix("a ")
        number = "" if origin is list or arguments[-1] is Ellipsis else f"{len(arguments)} "
        return f"a list of {number}{inner}s"
    if annotation in (tuple, list):
        return "a list"
    if annotation is dict or origin is dict:
        return "a mapping"
    return _WORDS.get(annotation, "another type")
