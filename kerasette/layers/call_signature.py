"""The parameters of a layer's ``call``, read once: which take tensors, masks or training."""

import inspect
from collections.abc import Callable
from typing import Any

from kerasette import tree
from kerasette.core.spec import UnknownSize
from kerasette.core.tensor import TensorBase


class CallSignature:
    """What ``call`` takes. ``bind`` puts the arguments of one call under their names."""

    def __init__(self, call: Callable[..., Any]):
        parameters = list(inspect.signature(call).parameters.values())
        if parameters and parameters[0].name == "self":
            parameters = parameters[1:]
        self.positional = [
            p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
        self.names = [p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
        self.takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
        self.takes_training = "training" in self.names
        self.masks = [n for n in self.names if n == "mask" or n.endswith("_mask")]
        self.first = self.positional[0] if self.positional else None
        self.training_default = next(
            (p.default for p in parameters if p.name == "training" and p.default is not p.empty),
            None,
        )

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """The arguments by name; those beyond the named ones as ``*0``, ``*1``…"""
        named = dict(zip(self.positional, args, strict=False))
        for index, value in enumerate(args[len(self.positional) :]):
            named[f"*{index}"] = value
        named.update(kwargs)
        return named


def tensor_arguments(named: dict[str, Any]) -> dict[str, Any]:
    """Those arguments that are tensors or structures of tensors (masks apart)."""
    return {
        name: value
        for name, value in named.items()
        if value is not None
        and not (name == "mask" or name.endswith("_mask"))
        and any(isinstance(leaf, TensorBase) for leaf in tree.flatten(value))
    }


def shape_of(value: Any) -> Any:
    """The shapes of a structure of tensors, in its structure; ``None`` for unknown sizes."""
    return tree.map_structure(
        lambda leaf: known_shape(leaf) if isinstance(leaf, TensorBase) else None, value
    )


def known_shape(tensor: Any) -> tuple[int | None, ...]:
    """A shape in which stand-ins of shape inference are ``None`` again."""
    return tuple(None if type(size) is UnknownSize else size for size in tensor.shape)


def build_arguments(build: Callable[..., Any], tensors: dict[str, Any]) -> Any:
    """The shapes that ``build`` is to be called with: one, or one for each argument by name.

    A ``build(self, query_shape, value_shape)`` gets the shapes of the call's arguments ``query``
    and ``value``; any other gets the shape of the first argument.
    """
    parameters = inspect.signature(build).parameters.values()
    names = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    shapes = {f"{name}_shape": shape_of(value) for name, value in tensors.items()}
    if (len(names) == 1 and names[0] not in shapes) or names == ["input_shape"]:
        return {names[0]: next(iter(shapes.values()), None)}
    wanted = {name: shapes[name] for name in names if name in shapes}
    if not wanted and names and shapes:
        wanted = {names[0]: next(iter(shapes.values()))}
    return wanted
