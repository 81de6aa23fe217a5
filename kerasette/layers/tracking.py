"""Finding what an object holds among its attributes: variables, layers, metrics, seed generators.

Nothing is registered when an attribute is set, so lists, dicts and later changes need no care: the
attributes themselves are the record, walked in the order in which they were set.
"""

from collections.abc import Callable, Iterator
from typing import Any

_SKIPPED = frozenset(
    ("_inbound_nodes", "_outbound_nodes", "_constructor_arguments", "_losses", "_build_shapes")
)


def attributes(obj: Any) -> Iterator[tuple[str, Any]]:
    """The attributes of an object that may hold state, by name."""
    hidden = getattr(type(obj), "untracked", ())
    for name, value in vars(obj).items():
        if name not in _SKIPPED and name not in hidden:
            yield name, value


def held(obj: Any, wanted: Callable[[Any], bool]) -> list[Any]:
    """What ``obj`` holds directly, or in lists and dicts, and that is ``wanted``; each once."""
    found: list[Any] = []
    seen: set[int] = set()

    def visit(value: Any) -> None:
        if wanted(value):
            if id(value) not in seen:
                seen.add(id(value))
                found.append(value)
        elif isinstance(value, (list, tuple, set, dict)) and id(value) not in seen:
            seen.add(id(value))
            for child in value.values() if isinstance(value, dict) else value:
                visit(child)

    for _, value in attributes(obj):
        visit(value)
    return found


def unique(values: Any) -> list[Any]:
    """The values in order, each once (by identity)."""
    seen: set[int] = set()
    found = []
    for value in values:
        if id(value) not in seen:
            seen.add(id(value))
            found.append(value)
    return found
