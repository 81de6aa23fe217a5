"""Nested structures of lists, tuples, named tuples and dicts: flatten, map, put together again.

Dicts are walked in the order of their sorted keys, as Keras does, so that two dicts with the same
keys always line up. ``None`` is a leaf.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

__all__ = [
    "MAP_TO_NONE",
    "assert_same_paths",
    "assert_same_structure",
    "flatten",
    "flatten_with_path",
    "is_nested",
    "lists_to_tuples",
    "map_shape_structure",
    "map_structure",
    "map_structure_up_to",
    "pack_sequence_as",
    "traverse",
]


class MAP_TO_NONE:  # noqa: N801 (Keras's name)
    """What a function given to ``traverse`` returns to put ``None`` in place of a value."""


def is_nested(structure: Any) -> bool:
    """Whether ``structure`` is a list, tuple or dict (of any subclass).

    >>> is_nested([1, 2]), is_nested("ab")
    (True, False)
    """
    return isinstance(structure, (list, tuple, dict))


def _children(structure: Any) -> list[tuple[Any, Any]]:
    """``(key, child)`` of one level, in the order of a walk."""
    if isinstance(structure, dict):
        return [(key, structure[key]) for key in sorted_keys(structure)]
    return list(enumerate(structure))


def sorted_keys(keys: Iterable[Any]) -> list[Any]:
    """The keys of a dict in the order in which structures are walked."""
    keys = list(keys)
    try:
        return sorted(keys)
    except TypeError:  # keys of several types have an order of their own
        return sorted(keys, key=lambda key: (type(key).__name__, str(key)))


def _rebuild(structure: Any, children: list[Any]) -> Any:
    """A structure of the same kind as ``structure`` over new children."""
    if isinstance(structure, dict):
        values = dict(zip(sorted_keys(structure), children, strict=True))
        ordered = {key: values[key] for key in structure}
        if isinstance(structure, defaultdict):
            return defaultdict(structure.default_factory, ordered)
        return OrderedDict(ordered) if isinstance(structure, OrderedDict) else ordered
    if isinstance(structure, tuple):
        if hasattr(structure, "_fields"):
            return type(structure)(*children)
        return tuple(children)
    return list(children)


def flatten(structure: Any) -> list[Any]:
    """The leaves of ``structure``, in order.

    >>> flatten({"b": [2, 3], "a": 1})
    [1, 2, 3]
    """
    leaves: list[Any] = []
    _collect(structure, leaves)
    return leaves


def _collect(structure: Any, leaves: list[Any]) -> None:
    if isinstance(structure, (list, tuple)):
        for child in structure:
            _collect(child, leaves)
    elif isinstance(structure, dict):
        for key in sorted_keys(structure):
            _collect(structure[key], leaves)
    else:
        leaves.append(structure)


def flatten_with_path(structure: Any) -> list[tuple[tuple[Any, ...], Any]]:
    """The leaves with the keys and indices that lead to them.

    >>> flatten_with_path({"a": [7]})
    [(('a', 0), 7)]
    """
    return list(_walk(structure, ()))


def _walk(structure: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if not is_nested(structure):
        yield path, structure
        return
    for key, child in _children(structure):
        yield from _walk(child, (*path, key))


def map_structure(func: Callable[..., Any], *structures: Any, none_is_leaf: bool = True) -> Any:
    """``func`` of the leaves that stand at the same place in each structure.

    With ``none_is_leaf=False``, a place where the first structure has ``None`` keeps ``None``.

    >>> map_structure(lambda a, b: a + b, {"x": 1}, {"x": 10})
    {'x': 11}

    Raises: TypeError for a function that is none; ValueError where the structures differ.
    """
    if not callable(func):
        raise TypeError(f"`func` must be callable. Received: func={func!r}.")
    if not structures:
        raise ValueError("`map_structure` needs at least one structure.")
    first, *others = structures
    for other in others:
        assert_same_structure(first, other)
    if not others:
        return _mapped(func if none_is_leaf else _keeping_none(func), first)

    def visit(*nodes: Any) -> Any:
        head = nodes[0]
        if not is_nested(head):
            return None if head is None and not none_is_leaf else func(*nodes)
        rows = zip(*([child for _, child in _children(node)] for node in nodes), strict=True)
        return _rebuild(head, [visit(*row) for row in rows])

    return visit(*structures)


def _mapped(func: Callable[[Any], Any], structure: Any) -> Any:
    """``map_structure`` of one structure, which is nearly every one."""
    if not isinstance(structure, (list, tuple, dict)):
        return func(structure)
    if type(structure) is tuple:
        return tuple([_mapped(func, child) for child in structure])
    return _rebuild(structure, [_mapped(func, child) for _, child in _children(structure)])


def _keeping_none(func: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda leaf: None if leaf is None else func(leaf)


def map_structure_up_to(shallow_structure: Any, func: Callable[..., Any], *structures: Any) -> Any:
    """As ``map_structure``, but no deeper than ``shallow_structure`` goes.

    >>> map_structure_up_to([0, 0], len, [[1, 2], [3]])
    [2, 1]
    """

    def visit(shallow: Any, *nodes: Any) -> Any:
        if not is_nested(shallow):
            return func(*nodes)
        for node in nodes:
            _same_level(shallow, node)
        rows = zip(*([child for _, child in _children(node)] for node in nodes), strict=True)
        heads = [child for _, child in _children(shallow)]
        return _rebuild(shallow, [visit(h, *row) for h, row in zip(heads, rows, strict=True)])

    return visit(shallow_structure, *structures)


def _same_level(a: Any, b: Any) -> None:
    if is_nested(a) != is_nested(b):
        raise ValueError(f"The structures differ: {a!r} against {b!r}.")
    if not is_nested(a):
        return
    if isinstance(a, dict) != isinstance(b, dict):
        raise ValueError(f"The structures differ: {type(a).__name__} against {type(b).__name__}.")
    if isinstance(a, dict):
        if set(a) != set(b):
            raise ValueError(
                f"The structures differ: keys {sorted_keys(a)} against {sorted_keys(b)}."
            )
    elif isinstance(a, list) != isinstance(b, list):
        raise ValueError(f"The structures differ: {type(a).__name__} against {type(b).__name__}.")
    elif len(a) != len(b):
        raise ValueError(f"The structures differ: {len(a)} entries against {len(b)}.")


def assert_same_structure(a: Any, b: Any, check_types: Any = None) -> None:
    """Refuse two structures that do not have the same nesting, keys and lengths.

    Raises: ValueError, which says where they differ. ``check_types`` is accepted as Keras does.
    """
    _same_level(a, b)
    if is_nested(a):
        pairs = zip(_children(a), _children(b), strict=True)
        for (_, left), (_, right) in pairs:
            assert_same_structure(left, right)


def assert_same_paths(a: Any, b: Any) -> None:
    """Refuse two structures whose leaves are reached by different paths (types may differ)."""
    left = {path for path, _ in flatten_with_path(a)}
    right = {path for path, _ in flatten_with_path(b)}
    if left != right:
        raise ValueError(
            f"The structures differ at {sorted(map(str, left ^ right))}. Received: a={a}, b={b}."
        )


def pack_sequence_as(structure: Any, flat_sequence: Iterable[Any]) -> Any:
    """The leaves of ``flat_sequence`` in the shape of ``structure``; undoes ``flatten``.

    >>> pack_sequence_as({"b": [0, 0], "a": 0}, [1, 2, 3])
    {'b': [2, 3], 'a': 1}
    """
    leaves = list(flat_sequence)
    wanted = len(flatten(structure))
    if wanted != len(leaves):
        raise ValueError(
            f"`flat_sequence` must have as many entries as `structure` has leaves ({wanted}). "
            f"Received: {len(leaves)}."
        )
    rest = iter(leaves)

    def visit(node: Any) -> Any:
        if not is_nested(node):
            return next(rest)
        return _rebuild(node, [visit(child) for _, child in _children(node)])

    return visit(structure)


def lists_to_tuples(structure: Any) -> Any:
    """Every list in ``structure`` made a tuple.

    >>> lists_to_tuples([1, [2, 3]])
    (1, (2, 3))
    """
    if not is_nested(structure):
        return structure
    children = [lists_to_tuples(child) for _, child in _children(structure)]
    return tuple(children) if isinstance(structure, list) else _rebuild(structure, children)


def _is_shape(structure: Any) -> bool:
    return isinstance(structure, (list, tuple)) and all(
        entry is None or isinstance(entry, int) for entry in structure
    )


def map_shape_structure(func: Callable[[Any], Any], structure: Any) -> Any:
    """``func`` of every shape (a list or tuple of ints and ``None``) in ``structure``.

    >>> map_shape_structure(len, {"x": (None, 3), "y": (2,)})
    {'x': 2, 'y': 1}
    """
    if _is_shape(structure):
        return func(tuple(structure))
    if not is_nested(structure):
        raise ValueError(f"`structure` must hold shapes. Received: {structure!r}.")
    return _rebuild(structure, [map_shape_structure(func, c) for _, c in _children(structure)])


def traverse(func: Callable[[Any], Any], structure: Any, top_down: bool = True) -> Any:
    """Visit every node; what ``func`` returns takes the node's place, ``None`` leaves it as it is.

    ``top_down``: a node before its children (which are skipped when it is replaced), or after.

    >>> traverse(lambda node: tuple(node) if isinstance(node, list) else None, [1, [2]], False)
    (1, (2,))
    """

    def replaced(value: Any) -> Any:
        return None if value is MAP_TO_NONE else value

    if top_down:
        value = func(structure)
        if value is not None:
            return replaced(value)
        if not is_nested(structure):
            return structure
        return _rebuild(structure, [traverse(func, child) for _, child in _children(structure)])
    if is_nested(structure):
        children = [traverse(func, child, top_down=False) for _, child in _children(structure)]
        structure = _rebuild(structure, children)
    value = func(structure)
    return structure if value is None else replaced(value)
