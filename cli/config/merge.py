"""Several config files made one: what comes later wins, mappings are merged key by key."""

from collections.abc import Iterable

from .nodes import KeyPath, Node

# Sections in which a bare word is short for an object of that type.
_OBJECTS = ("data", "model", "compile", "callbacks")


def merge(nodes: Iterable[Node]) -> Node:
    """One tree of all, the last one strongest.

    Mappings are merged key by key. Lists and plain values are replaced. Where the later mapping
    names another ``type``, it replaces the earlier one, whose arguments would not fit it; where it
    names none, it changes arguments of what is there, also of a bare word (``optimizer: adam``).
    """
    first, *rest = nodes
    for node in rest:
        first = _merged(first, node, ())
    return first


def _merged(old: Node, new: Node, path: KeyPath) -> Node:
    if not isinstance(new.value, dict):
        return new
    old = as_object(old, path)
    if not isinstance(old.value, dict) or _changes_type(old, new):
        return new
    entries = dict(old.value)
    for key, child in new.value.items():
        entries[key] = _merged(entries[key], child, (*path, key)) if key in entries else child
    return Node(entries, old.place, old.key_place)


def as_object(node: Node, path: KeyPath) -> Node:
    """A bare word where an object may stand, as the mapping that it is short for."""
    if isinstance(node.value, str) and path and path[0] in _OBJECTS:
        kind = Node(node.value, node.place, node.key_place, node.text)
        return Node({"type": kind}, node.place, node.key_place)
    return node


def _changes_type(old: Node, new: Node) -> bool:
    types = [node.value["type"].value for node in (old, new) if "type" in node.value]
    return len(types) == 2 and types[0] != types[1]
