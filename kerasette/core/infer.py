"""Shape inference: what a function would give, with nothing computed."""

from collections.abc import Callable
from typing import Any

from kerasette import tree
from kerasette.core.spec import STAND_INS, merge, substitute
from kerasette.core.state import state
from kerasette.core.tensor import KerasTensor


def infer(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What ``function`` would give, as KerasTensors: only shape rules are run, nothing computed.

    With unknown sizes among the arguments, the function runs twice with different stand-ins, and
    sizes that differ in the results are unknown. So no rule ever has to treat ``None``.
    """
    leaves = [x for x in tree.flatten((args, kwargs)) if isinstance(x, KerasTensor)]
    unknown = any(None in leaf.shape for leaf in leaves)
    results = []
    for stand_in in STAND_INS if unknown else STAND_INS[:1]:
        seen: dict[int, KerasTensor] = {}

        def stand(leaf: Any, stand_in: int = stand_in, seen: dict[int, Any] = seen) -> Any:
            if not isinstance(leaf, KerasTensor):
                return leaf
            if id(leaf) not in seen:
                shape = substitute(leaf.shape, stand_in)
                seen[id(leaf)] = KerasTensor(shape, leaf.dtype, record_history=False)
                mask = getattr(leaf, "_keras_mask", None)
                if isinstance(mask, KerasTensor):
                    seen[id(leaf)]._keras_mask = stand(mask)
            return seen[id(leaf)]

        sized_args, sized_kwargs = tree.map_structure(stand, (args, kwargs))
        with symbolic_scope():
            results.append(function(*sized_args, **sized_kwargs))
    if not unknown:
        return tree.map_structure(_plain, results[0])
    return tree.map_structure(_merged, *results)


def _plain(value: Any) -> Any:
    if not isinstance(value, KerasTensor):
        return _symbol_of(value)
    plain = KerasTensor(tuple(int(size) for size in value.shape), value.dtype)
    mask = getattr(value, "_keras_mask", None)
    if isinstance(mask, KerasTensor):
        plain._keras_mask = _plain(mask)
    return plain


def _merged(first: Any, second: Any) -> Any:
    first, second = _symbol_of(first), _symbol_of(second)
    if not isinstance(first, KerasTensor):
        return first
    merged = KerasTensor(merge(first.shape, second.shape), first.dtype)
    mask = getattr(first, "_keras_mask", None)
    if isinstance(mask, KerasTensor):
        merged._keras_mask = _merged(mask, second._keras_mask)
    return merged


def _symbol_of(value: Any) -> Any:
    """Concrete tensors that a symbolic function gives back are symbols too."""
    if hasattr(value, "_array"):
        return KerasTensor(value.shape, value.dtype)
    return value


class symbolic_scope:  # noqa: N801 (used as a function)
    """Within it, operations run their shape rules only."""

    def __enter__(self) -> "symbolic_scope":
        self.before = state.symbolic
        state.symbolic = True
        state.refresh()
        return self

    def __exit__(self, *error: Any) -> None:
        state.symbolic = self.before
        state.refresh()
