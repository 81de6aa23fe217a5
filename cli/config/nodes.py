"""A config as it was read: plain values, each with the place that it came from."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Key = str | int
KeyPath = tuple[Key, ...]


@dataclass(frozen=True)
class Place:
    """Where a value stands: a file with line and column (from 1), or an option."""

    source: str
    line: int | None = None
    column: int | None = None
    folder: Path | None = None
    excerpt: str = ""

    def __str__(self) -> str:
        if self.line is None:
            return self.source
        return f"{self.source}:{self.line}:{self.column}"


DEFAULT = Place("default")


@dataclass
class Node:
    """A value with its place, and the place of its key where it stands in a mapping.

    ``value`` is a dict of nodes, a list of nodes, or a plain value. ``text`` is what was typed, for
    a value from the command line, whose type the schema decides.
    """

    value: Any
    place: Place
    key_place: Place | None = None
    text: str | None = None

    @property
    def where(self) -> Place:
        """The place to point at when this entry as a whole is wrong: its key, if it has one."""
        return self.key_place or self.place


def plain(node: Node) -> Any:
    """The value without its places."""
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [plain(child) for child in node.value]
    return node.value


def find(node: Node, path: KeyPath) -> Node | None:
    """The node at ``path``, or ``None``."""
    for key in path:
        try:
            node = node.value[key]
        except (KeyError, IndexError, TypeError):
            return None
    return node


def nearest_node(node: Node, path: KeyPath) -> tuple[Node, bool]:
    """The node at ``path``, or the deepest above it that exists; and whether it is the node."""
    for length in range(len(path), -1, -1):
        found = find(node, path[:length])
        if found is not None:
            return found, length == len(path)
    raise AssertionError("the root is always found")


def leaves(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Each plain value of a nested structure with its path; empty dicts and lists are values."""
    if isinstance(value, dict) and value:
        for key, child in value.items():
            yield from leaves(child, (*path, key))
    elif isinstance(value, list) and value:
        for index, child in enumerate(value):
            yield from leaves(child, (*path, index))
    else:
        yield path, value
