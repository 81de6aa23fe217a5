"""Functions of functions: own gradients, forward derivatives, prefix scans, vectorizing."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from kerasette import tree
from kerasette.core import operators
from kerasette.core.history import operation
from kerasette.core.tape import GradientTape, custom_gradient
from kerasette.ops.conversion import convert_to_tensor

__all__ = ["associative_scan", "custom_gradient", "jvp", "vectorize"]


def jvp(
    fun: Callable[..., Any], primals: Any, tangents: Any, has_aux: bool = False
) -> tuple[Any, ...]:
    """The value of ``fun`` and its derivative in a direction.

    Args:
        fun: a function of tensors.
        primals: its arguments, a tuple or list.
        tangents: the direction, one tensor for each argument.
        has_aux: whether ``fun`` returns ``(value, aux)``; only the value is differentiated.

    Returns: ``(value, derivative)``, and ``aux`` with ``has_aux``.

    >>> value, slope = ops.jvp(lambda x: x * x, (3.0,), (1.0,))
    >>> float(slope)
    6.0
    """
    if not isinstance(primals, (list, tuple)) or not isinstance(tangents, (list, tuple)):
        raise TypeError("`primals` and `tangents` must be tuples or lists.")
    if len(primals) != len(tangents):
        raise ValueError(
            f"There must be one tangent for each of {len(primals)} primals. "
            f"Received: {len(tangents)}."
        )
    inputs = [operators.method("identity_of")(convert_to_tensor(p)) for p in primals]
    directions = [convert_to_tensor(t, x.dtype) for t, x in zip(tangents, inputs, strict=True)]
    # The gradient is linear in what it starts from, u; its derivative for u, in the direction of
    # the tangents, is the forward derivative.
    with GradientTape(watch_accessed_variables=False) as outer:
        with GradientTape(watch_accessed_variables=False) as inner:
            inner.watch(inputs)
            result = fun(*inputs)
            value, aux = result if has_aux else (result, None)
        flat = tree.flatten(value)
        starts = [operators.method("zeros_like")(v) for v in flat]
        outer.watch(starts)
        pulled = inner.gradient(flat, inputs, starts, unconnected_gradients="zero")
    found = outer.gradient(pulled, starts, directions, unconnected_gradients="zero")
    derivative = tree.pack_sequence_as(value, found)
    return (value, derivative, aux) if has_aux else (value, derivative)


@operation
def associative_scan(
    f: Callable[[Any, Any], Any], elems: Any, reverse: bool = False, axis: int = 0
) -> Any:
    """All prefix combinations by an associative function, in a logarithmic number of steps.

    Blelloch, "Prefix Sums and Their Applications", 1990.

    Args:
        f: ``f(a, b)`` combines tensors (or structures of them) elementwise along ``axis``.
        elems: tensors with one size along ``axis``.
        reverse: whether to begin at the end.
        axis: the axis to go along.

    >>> ops.associative_scan(lambda a, b: a + b, ops.arange(4)).numpy()
    array([0, 1, 3, 6], dtype=int32)
    """
    if not callable(f):
        raise TypeError(f"`f` must be callable. Received: f={f!r}.")
    leaves = [convert_to_tensor(x) for x in tree.flatten(elems)]
    rank = len(leaves[0].shape)
    axis = axis % rank
    sizes = {x.shape[axis] for x in leaves}
    if len(sizes) != 1:
        raise ValueError(f"All tensors must have one size on axis {axis}. Received: {sizes}.")
    flip = operators.method("flip")
    if reverse:
        leaves = [flip(x, axis) for x in leaves]

    def combine(a: list[Any], b: list[Any]) -> list[Any]:
        return tree.flatten(f(tree.pack_sequence_as(elems, a), tree.pack_sequence_as(elems, b)))

    def part(x: Any, begin: Any, end: Any, step: int = 1) -> Any:
        key = [slice(None)] * len(x.shape)
        key[axis] = slice(begin, end, step)
        return x[tuple(key)]

    concatenate = operators.method("concatenate")

    def scan(xs: list[Any]) -> list[Any]:
        size = xs[0].shape[axis]
        if size < 2:
            return xs
        pairs = combine([part(x, 0, size - 1, 2) for x in xs], [part(x, 1, None, 2) for x in xs])
        odd = scan(pairs)  # the prefixes that end at places 1, 3, 5…
        first = [part(x, 0, 1) for x in xs]
        later = [part(x, 2, None, 2) for x in xs]
        count = later[0].shape[axis]
        even = first
        if count:
            rest = combine([part(x, 0, count) for x in odd], later)
            even = [concatenate([a, b], axis) for a, b in zip(first, rest, strict=True)]
        return [_interleaved(e, o, axis) for e, o in zip(even, odd, strict=True)]

    out = scan(leaves)
    return tree.pack_sequence_as(elems, [flip(x, axis) for x in out] if reverse else out)


def _interleaved(even: Any, odd: Any, axis: int) -> Any:
    """Places 0, 2, 4… of one and 1, 3, 5… of the other."""
    concatenate, take = operators.method("concatenate"), operators.method("take")
    total = even.shape[axis] + odd.shape[axis]
    order = [i // 2 if i % 2 == 0 else even.shape[axis] + i // 2 for i in range(total)]
    return take(concatenate([even, odd], axis), np.asarray(order, "int32"), axis)


def vectorize(
    pyfunc: Callable[..., Any], *, excluded: Any = None, signature: str | None = None
) -> Callable[..., Any]:
    """A function of single values (or of arrays of ``signature``) made one of whole tensors.

    Args:
        pyfunc: what is applied to each element.
        excluded: places and names of arguments that are passed as they are.
        signature: the trailing axes that each call gets and gives, ``"(n),(n)->()"``.

    >>> dot = ops.vectorize(lambda a, b: ops.sum(a * b), signature="(n),(n)->()")
    >>> dot(ops.ones((4, 3)), ops.ones((3,))).shape
    (4,)
    """
    if not callable(pyfunc):
        raise TypeError(f"`pyfunc` must be callable. Received: pyfunc={pyfunc!r}.")
    fixed = set() if excluded is None else set(excluded)

    @functools.wraps(pyfunc)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        moving = [i for i in range(len(args)) if i not in fixed]
        cores = _core_ranks(signature, len(moving))
        tensors = [convert_to_tensor(args[i]) for i in moving]
        lead = np.broadcast_shapes(
            *(tuple(t.shape)[: len(t.shape) - c] for t, c in zip(tensors, cores, strict=True))
        )
        flat = []
        for tensor, core in zip(tensors, cores, strict=True):
            own = tuple(tensor.shape)[len(tensor.shape) - core :]
            whole = operators.method("broadcast_to")(tensor, (*lead, *own))
            flat.append(operators.method("reshape")(whole, (int(np.prod(lead)), *own)))

        def one(values: list[Any]) -> Any:
            given = list(args)
            for place, value in zip(moving, values, strict=True):
                given[place] = value
            return pyfunc(*given, **kwargs)

        from kerasette.ops.control import map as map_over

        out = map_over(one, flat)
        return tree.map_structure(
            lambda x: operators.method("reshape")(x, (*lead, *tuple(x.shape)[1:])), out
        )

    return wrapped


def _core_ranks(signature: str | None, count: int) -> list[int]:
    """How many trailing axes each argument's call gets."""
    if signature is None:
        return [0] * count
    left = signature.replace(" ", "").split("->")[0]
    groups = left.strip("()").split("),(")
    if len(groups) != count:
        raise ValueError(
            f"`signature` names {len(groups)} arguments. Received: {count} that are vectorized."
        )
    return [len([name for name in group.split(",") if name]) for group in groups]
