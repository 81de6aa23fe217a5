"""Names that are made up: ``dense``, ``dense_1``…; and the scopes that make paths of them."""

import contextlib
import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from typing import Any


class _Names(threading.local):
    def __init__(self) -> None:
        self.counts: dict[str, int] = defaultdict(int)
        self.scopes: list[str] = []


_names = _Names()


def to_snake_case(name: str) -> str:
    """``"MyDense"`` as ``"my_dense"``.

    >>> to_snake_case("Conv2DTranspose")
    'conv2d_transpose'
    """
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def uniquify(name: str) -> str:
    """The name itself the first time it is asked for, then with ``_1``, ``_2``…"""
    count = _names.counts[name]
    _names.counts[name] += 1
    return f"{name}_{count}" if count else name


def auto_name(prefix: str) -> str:
    """A name that no other object made in this session has."""
    return uniquify(to_snake_case(prefix))


def get_uid(prefix: str = "") -> int:
    """The next number for ``prefix``, from 1 (Keras's ``backend.get_uid``)."""
    _names.counts[prefix] += 1
    return _names.counts[prefix]


def reset_names() -> None:
    """Forget every name given (part of ``clear_session``)."""
    _names.counts.clear()


@contextlib.contextmanager
def name_scope(
    name: str, caller: Any = None, deduplicate: bool = True, override_parent: str | None = None
) -> Iterator[None]:
    """Variables made within have ``name/`` in front of their path."""
    if not isinstance(name, str) or "/" in name:
        raise ValueError(f"`name` must be a string without '/'. Received: name={name!r}.")
    before = _names.scopes
    outer = before if override_parent is None else [p for p in override_parent.split("/") if p]
    again = deduplicate and caller is not None and outer[-1:] == [name]
    _names.scopes = outer if again else [*outer, name]
    try:
        yield
    finally:
        _names.scopes = before


def current_path() -> str:
    """The open name scopes, joined by ``/``."""
    return "/".join(_names.scopes)
