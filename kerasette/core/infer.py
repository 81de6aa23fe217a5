"""Shape inference: what a function would give, with nothing computed."""

from collections.abc import Callable
from typing import Any

from kerasette import tree
from kerasette.core.spec import STAND_INS, UnknownSize, merge, substitute
from kerasette.core.state import state
from kerasette.core.tensor import KerasTensor


def infer(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What ``function`` would give, as KerasTensors: only shape rules are run, nothing computed.

    With unknown sizes among the arguments, the function runs twice with different stand-ins, and
    sizes that differ in the results are unknown. So no rule ever has to treat ``None``.
    """
    leaves = [x for x in tree.flatten((args, kwargs)) if isinstance(x, KerasTensor)]
    unknown = any(None in leaf.shape for leaf in leaves)
    inner = not unknown and state.stand_in is not None  # the outer inference runs twice, or not
    results: list[Any] = []
    for stand_in in (state.stand_in or 0,) if inner else STAND_INS:
        if results and not unknown:
            break
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
        with symbolic_scope(stand_in) as scope:
            results.append(function(*sized_args, **sized_kwargs))
        unknown = unknown or (scope.guessed and not inner)
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


def unknown_size() -> int:
    """A size that depends on values, which shape inference does not have: a stand-in for it."""
    state.guessed = True
    return UnknownSize(state.stand_in or STAND_INS[0])


class graph_scope:  # noqa: N801 (used as a function)
    """Within it, calls on KerasTensors are remembered as nodes of a graph, even where shape
    inference is going on outside: a layer may hold a model that is connected when it is needed.
    """

    def __enter__(self) -> None:
        self.before = state.symbolic, state.stand_in, state.guessed
        state.symbolic, state.stand_in, state.guessed = False, None, False
        state.refresh()

    def __exit__(self, *error: Any) -> None:
        state.symbolic, state.stand_in, state.guessed = self.before
        state.refresh()


class symbolic_scope:  # noqa: N801 (used as a function)
    """Within it, operations run their shape rules only, with a stand-in for unknown sizes."""

    guessed = False  # afterwards: whether something asked for an unknown size

    def __init__(self, stand_in: int | None = None):
        self.stand_in = stand_in

    def __enter__(self) -> "symbolic_scope":
        self.before = state.symbolic, state.stand_in, state.guessed
        state.symbolic, state.guessed = True, False
        state.stand_in = self.stand_in or state.stand_in
        state.refresh()
        return self

    def __exit__(self, *error: Any) -> None:
        self.guessed = state.guessed
        state.symbolic, state.stand_in, before = self.before
        state.guessed = before or self.guessed
        state.refresh()
