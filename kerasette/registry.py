"""One table of named classes and functions: what strings and files may refer to.

The table is closed: a name is found here or not at all. Nothing is ever imported because a file
names it. Each kind has a home module that fills its part of the table when it is first needed.
"""

import importlib
from collections.abc import Iterator
from typing import Any

HOMES = {
    "layer": "kerasette.layers",
    "model": "kerasette.models",
    "operation": "kerasette.ops",
    "activation": "kerasette.activations",
    "initializer": "kerasette.initializers",
    "regularizer": "kerasette.regularizers",
    "constraint": "kerasette.constraints",
    "loss": "kerasette.losses",
    "metric": "kerasette.metrics",
    "optimizer": "kerasette.optimizers",
    "schedule": "kerasette.optimizers",
    "callback": "kerasette.callbacks",
    "dtype_policy": "kerasette.dtype_policies",
    "random": "kerasette.random",
    "quantizer": "kerasette.quantizers",
    "feature": "kerasette.utils.feature_space",
}

_tables: dict[str, dict[str, Any]] = {kind: {} for kind in HOMES}
_loaded: set[str] = set()


def register(kind: str, obj: Any, *names: str) -> Any:
    """Put ``obj`` under its own name, and ``names`` as further ones, into the table of ``kind``."""
    table = _tables.setdefault(kind, {})
    for name in (obj.__name__, *names):
        if table.get(name, obj) is not obj:
            raise ValueError(f"Two things of kind {kind!r} want the name {name!r}: {obj}.")
        table[name] = obj
    return obj


def table(kind: str) -> dict[str, Any]:
    """All that is known of one kind, by name (the home module is loaded first)."""
    if kind not in _loaded and kind in HOMES:
        module = importlib.import_module(HOMES[kind])
        _loaded.add(kind)
        getattr(module, "load_all", lambda: None)()  # a home may load its parts when asked for
    return _tables[kind]


def find(name: str, *kinds: str) -> Any | None:
    """The object of that name among ``kinds`` (all kinds where none is given), or ``None``."""
    for kind in kinds or HOMES:
        found = _tables[kind].get(name)
        if found is None and kind not in _loaded:
            load = getattr(importlib.import_module(HOMES[kind]), "load", None)
            if load is not None:  # a home may load only the part that a name is in
                load(name)
            found = (_tables[kind] if load is not None else table(kind)).get(name)
        if found is not None:
            return found
    return None


def everything() -> Iterator[tuple[str, str, Any]]:
    """Each ``(kind, name, object)`` of the whole table."""
    for kind in HOMES:
        for name, obj in table(kind).items():
            yield kind, name, obj
