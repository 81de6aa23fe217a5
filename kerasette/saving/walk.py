"""What is stored of a model, and at which path: Keras's layout of weight files.

A file names things by attribute and by class, never by the names of layers, which differ from run
to run: ``layers/dense_1/vars/0`` is the first variable of the second Dense layer.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from kerasette.core.naming import to_snake_case

_CONTAINERS = (list, tuple, dict)


def stored(root: Any, skipped: Iterable[Any] = ()) -> Iterator[tuple[str, Any]]:
    """``(path, object)`` of everything that stores variables of its own, each once; without what
    is ``skipped`` and below it.
    """
    yield from _visit(root, "", {id(obj): obj for obj in skipped})


def _visit(obj: Any, path: str, seen: dict[int, Any]) -> Iterator[tuple[str, Any]]:
    if id(obj) in seen:
        return
    seen[id(obj)] = obj  # held, so that no other gets its id
    yield path, obj
    for name, child in _children(obj):
        yield from _visit_child(child, _join(path, name), seen)


def _visit_child(child: Any, path: str, seen: dict[int, Any]) -> Iterator[tuple[str, Any]]:
    if is_stored(child):
        yield from _visit(child, path, seen)
    elif isinstance(child, _CONTAINERS):
        yield from _visit_container(child, path, seen, ())


def _visit_container(
    container: Any, path: str, seen: dict[int, Any], around: tuple[Any, ...]
) -> Iterator[tuple[str, Any]]:
    # Not in `seen`: many lists are made when they are asked for, and others get their ids later.
    if any(container is outer for outer in around):
        return
    around = (*around, container)
    used: dict[str, int] = {}
    for child in container.values() if isinstance(container, dict) else container:
        if is_stored(child):
            name = _unique(to_snake_case(type(child).__name__), used)
            yield from _visit(child, _join(path, name), seen)
        elif isinstance(child, _CONTAINERS):
            name = _unique("container", used)
            yield from _visit_container(child, _join(path, name), seen, around)


def variables_at(path: str) -> str:
    """Where the own variables of the object at a path are in a file of weights."""
    return f"{path}/vars" if path else "vars"


def is_stored(value: Any) -> bool:
    """Whether a value stores variables of its own: a layer, metric or optimizer."""
    return hasattr(value, "save_own_variables") and not isinstance(value, type)


def _children(obj: Any) -> Iterator[tuple[str, Any]]:
    """The attributes of an object that may hold others, in the order of files: the layers of a
    model first, then by name, those with an underscore last.
    """
    if getattr(obj, "lists_layers_first", False):
        yield "layers", obj.layers
    for name in sorted(_names(obj), key=lambda n: f"~{n}" if n.startswith("_") else n):
        try:
            yield name, getattr(obj, name)
        except (AttributeError, ValueError, TypeError, NotImplementedError):
            continue  # a property that is not to be had now


def _names(obj: Any) -> set[str]:
    """The attributes and properties that the object's own class adds to the base of its kind."""
    classes = type(obj).__mro__
    root = [cls for cls in classes if "registry_kind" in vars(cls)][-1:]
    known = set(dir(root[0])) if root else set()
    properties = {
        name for cls in classes for name, value in vars(cls).items() if isinstance(value, property)
    }
    return (set(vars(obj)) | properties) - known - _SKIPPED


_SKIPPED = frozenset(
    (
        "_inbound_nodes", "_outbound_nodes", "_constructor_arguments", "_losses", "_variables",
        "_build_shapes", "_operations", "_nodes", "_inputs", "_outputs", "_inputs_struct",
        "_outputs_struct", "_functional", "_stack", "_compiled_loss", "_compiled_metrics",
        "_loss_tracker", "_compile_config", "_trainable_variables", "history", "activation",
    )
)  # fmt: skip


def _join(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def _unique(name: str, used: dict[str, int]) -> str:
    if name not in used:
        used[name] = 0
        return name
    used[name] += 1
    return f"{name}_{used[name]}"
