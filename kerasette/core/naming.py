"""Names that are made up: ``dense``, ``dense_1``…; and the scopes that make paths of them."""

import re
import threading
from collections import defaultdict
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


class name_scope:  # noqa: N801 (Keras's name)
    """Variables made within have ``name/`` in front of their path.

    Args:
        name: a part of paths, without "/".
        caller: the object that opens the scope.
        deduplicate: whether a scope that its caller opens within one of that name adds nothing.
        override_parent: the path to start from, in place of the scopes that are open.

    >>> with kerasette.name_scope("encoder"):
    ...     kerasette.Variable(1.0, name="scale").path
    'encoder/scale'

    Raises: ValueError for a name with "/".
    """

    __slots__ = ("_before", "caller", "deduplicate", "name", "override_parent")

    def __init__(
        self,
        name: str,
        caller: Any = None,
        deduplicate: bool = True,
        override_parent: str | None = None,
    ):
        if not isinstance(name, str) or "/" in name:
            raise ValueError(f"`name` must be a string without '/'. Received: name={name!r}.")
        self.name, self.caller = name, caller
        self.deduplicate, self.override_parent = deduplicate, override_parent
        self._before: list[list[str]] = []  # a scope may be opened again within itself

    def __enter__(self) -> "name_scope":
        self._before.append(_names.scopes)
        outer, parent = _names.scopes, self.override_parent
        if parent is not None:
            outer = [part for part in parent.split("/") if part]
        again = self.deduplicate and self.caller is not None and outer[-1:] == [self.name]
        _names.scopes = outer if again else [*outer, self.name]
        return self

    def __exit__(self, *error: Any) -> None:
        _names.scopes = self._before.pop()


def current_path() -> str:
    """The open name scopes, joined by ``/``."""
    return "/".join(_names.scopes)
