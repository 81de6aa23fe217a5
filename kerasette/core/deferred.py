"""Random first values that are made only if they are needed: a file's weights may come instead."""

import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class _Waiting(threading.local):
    values: list[tuple[Any, Any, Callable[[], Any]]] | None = None  # variable, stand-in, value


_waiting = _Waiting()


@contextmanager
def deferred_values() -> Iterator[None]:
    """Within it, variables with a random initializer are zeros, which take no memory until they are
    written to; those that nothing was assigned to get their random values at its end.
    """
    if _waiting.values is not None:  # the outer one sees to it
        yield
        return
    values: list[tuple[Any, Any, Callable[[], Any]]] = []
    _waiting.values = values
    try:
        yield
    finally:
        _waiting.values = None
    for variable, stand_in, make in values:
        if variable._tensor is stand_in():
            variable._tensor = make()


def is_deferred(initializer: Any) -> bool:
    """Whether the values of an initializer can wait."""
    return _waiting.values is not None and getattr(initializer, "is_random", False)


def defer(variable: Any, stand_in: Any, make: Callable[[], Any]) -> None:
    """Have a variable that holds a stand-in get what ``make`` gives, if nothing else comes."""
    assert _waiting.values is not None
    _waiting.values.append((variable, weakref.ref(stand_in), make))
