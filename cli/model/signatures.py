"""What a class may be called with."""

import inspect
from dataclasses import dataclass
from typing import Any

ANY = inspect.Parameter.empty


@dataclass(frozen=True)
class Argument:
    """One parameter: its annotation (``ANY`` where there is none) and default."""

    annotation: Any
    default: Any

    @property
    def is_required(self) -> bool:
        return self.default is inspect.Parameter.empty


@dataclass(frozen=True)
class Arguments:
    """All parameters by name; ``takes_any``: also names that nobody declares."""

    by_name: dict[str, Argument]
    takes_any: bool


_LAYER_EXTRAS = ("input_shape", "batch_input_shape")  # of a first layer, taken by every layer


def arguments_of(factory: Any) -> Arguments:
    """The parameters of a class or function; ``**kwargs`` of a class are those of its bases."""
    if not isinstance(factory, type):
        found, takes_any = _parameters(inspect.signature(factory))
        return Arguments(found, takes_any)
    found, takes_any = _parameters(inspect.signature(factory))
    annotations = {
        field.name: field.annotation for field in getattr(factory, "__declared_fields__", ())
    }
    for base in factory.__mro__[1:] if takes_any else ():
        if "__init__" not in base.__dict__ or base is object:
            continue
        more, takes_any = _parameters(inspect.signature(base))
        found |= {  # what a base requires, the class gives it itself
            name: argument
            for name, argument in more.items()
            if name not in found and not argument.is_required
        }
        if not takes_any:
            break
    found = {
        name: Argument(annotations.get(name, argument.annotation), argument.default)
        for name, argument in found.items()
    }
    if getattr(factory, "registry_kind", None) == "layer":
        # A layer's last **kwargs take the shape of its input, and refuse all else.
        found |= {name: Argument(ANY, None) for name in _LAYER_EXTRAS if name not in found}
        takes_any = False
    return Arguments(found, takes_any)


def _parameters(signature: inspect.Signature) -> tuple[dict[str, Argument], bool]:
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    found = {
        parameter.name: Argument(parameter.annotation, parameter.default)
        for parameter in signature.parameters.values()
        if parameter.kind not in kinds and parameter.name != "self"
    }
    takes_any = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in signature.parameters.values())
    return found, takes_any
