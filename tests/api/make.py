"""Write ``keras.txt``: the public names of Keras with their parameters, as the tests compare them.

    python tests/api/make.py > tests/api/keras.txt        (where Keras 3.15.1 is installed)

A line is ``name(parameters)``, a class's also ends with its public members, but for those of the
base that it names (``< layers.Layer``). A parameter without ``=`` has no default; where Keras takes
anything there are no parentheses; a lone name in braces is a plain value.
"""

import inspect
import types
from collections.abc import Iterator
from typing import Any

BASES = ("layers.Layer", "models.Model", "losses.Loss", "metrics.Metric", "optimizers.Optimizer")
LEFT_OUT = ("legacy", "src")


def names(module: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The public names below a module, with what they stand for."""
    for name in sorted(dir(module)):
        if name.startswith("_") or name in LEFT_OUT:
            continue
        value = getattr(module, name)
        where = f"{path}.{name}" if path else name
        if not isinstance(value, types.ModuleType):
            yield where, value
        elif value.__name__.startswith("keras"):
            yield from names(value, where)


def parameters(value: Any) -> str:
    """``(a, b=1)``, or nothing where there is no telling."""
    try:
        found = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return ""
    named = [
        p for p in found if p.name != "self" and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
    shown = [p.name if p.default is p.empty else f"{p.name}={p.default!r}" for p in named]
    anything = any(p.kind is p.VAR_POSITIONAL for p in found) and not shown
    return "" if anything else f"({', '.join(shown)})"


def members(cls: type) -> set[str]:
    """The methods and properties that a user sees on a class; not those of a backend's class."""
    found = set()
    for part in cls.__mro__[:-1]:
        if not part.__module__.startswith("keras") or part.__name__ == "TorchLayer":
            continue
        for name, value in vars(part).items():
            method = callable(value) or isinstance(value, (property, classmethod, staticmethod))
            if method and not name.startswith("_"):
                found.add(name)
    return found


def main() -> None:
    import keras

    found = dict(names(keras))
    bases = {name: members(found[name]) for name in BASES}
    for name, value in found.items():
        if not inspect.isclass(value):
            print(f"{name}{parameters(value)}" if callable(value) else f"{{{name}}}")
            continue
        own = members(value)
        above = [
            base for base in BASES if value is not found[base] and issubclass(value, found[base])
        ]
        base = max(above, key=lambda name: len(bases[name]), default="")
        rest = sorted(own - bases.get(base, set()))
        print(f"{name}{parameters(value.__init__)} < {base}: {' '.join(rest)}".rstrip())


if __name__ == "__main__":
    main()
