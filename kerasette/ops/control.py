"""Control flow: loops and branches that work eagerly, in a trace and in shape inference."""

from collections.abc import Callable
from typing import Any

from kerasette import tree
from kerasette.core import operators
from kerasette.core.history import operation
from kerasette.core.spec import Spec
from kerasette.core.state import state
from kerasette.core.tensor import KerasTensor, Traced
from kerasette.ops.conversion import convert_to_tensor
from kerasette.ops.loops import ScanLayout, cond_graph, scan_graph, while_graph, with_history

__all__ = ["cond", "fori_loop", "map", "scan", "switch", "vectorized_map", "while_loop"]


def _tensors(structure: Any) -> Any:
    return tree.map_structure(
        lambda leaf: None if leaf is None else convert_to_tensor(leaf), structure
    )


def _specs(structure: Any) -> list[Spec]:
    return [Spec(x.shape, x.dtype) for x in tree.flatten(structure) if x is not None]


def _in_trace(*structures: Any) -> bool:
    """Whether the loop has to become a node: a trace is open, and no shapes are inferred in it."""
    return state.trace is not None and not state.symbolic


def _check_carry(name: str, before: Any, after: Any) -> None:
    """What is carried around a loop must come back as it went in."""
    try:
        tree.assert_same_structure(before, after)
    except ValueError as error:
        raise ValueError(f"{name}: the body must return what it was given. {error}") from None
    for old, new in zip(tree.flatten(before), tree.flatten(after), strict=True):
        if old is None or new is None:
            continue
        if tuple(old.shape) != tuple(new.shape) or old.dtype != new.dtype:
            raise ValueError(
                f"{name}: a carried value went in with shape {tuple(old.shape)} and dtype "
                f"{old.dtype}, and came back with {tuple(new.shape)} and {new.dtype}. "
                "Cast or reshape it in the body, or start with the right kind of value."
            )


@operation
def scan(
    f: Callable[..., Any],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int = 1,
) -> tuple[Any, Any]:
    """Apply ``f`` to one slice of ``xs`` after the other, carrying a value along.

    Args:
        f: ``f(carry, x) -> (carry, y)``.
        init: the first carry; a tensor or a structure of tensors.
        xs: tensors ``(length, ...)``, sliced along their first axis; ``None`` for none.
        length: the number of turns, where ``xs`` does not say it.
        reverse: whether to go from the last slice to the first.
        unroll: accepted as Keras does; it changes no result.

    Returns: the last carry, and the ``y`` stacked ``(length, ...)`` at the places of their ``x``.

    >>> total, sums = ops.scan(lambda c, x: (c + x, c + x), 0, ops.arange(4))
    >>> sums.numpy()
    array([0, 1, 3, 6], dtype=int32)

    Raises: ValueError where the lengths differ, or the carry changes its shape or dtype.
    """
    if not callable(f):
        raise TypeError(f"`f` must be callable. Received: f={f!r}.")
    init, xs = _tensors(init), _tensors(xs)
    length = _scan_length(xs, length)
    if _in_trace():
        return _traced_scan(f, init, xs, length, reverse)
    turns = [0] if state.symbolic else list(range(length))
    carry, ys = init, []
    for turn in reversed(turns) if reverse else turns:
        x = tree.map_structure(lambda leaf: None if leaf is None else leaf[turn], xs)  # noqa: B023
        after, y = f(carry, x)
        after = _tensors(after)
        _check_carry("scan", carry, after)
        carry = after
        ys.append(_tensors(y))
    if state.symbolic:
        return carry, tree.map_structure(lambda leaf: _stacked_symbol(leaf, length), ys[0])
    if not ys:
        return carry, _empty_ys(f, init, xs)
    if reverse:
        ys.reverse()
    stack = operators.method("stack")
    return carry, tree.map_structure(lambda *ys: None if ys[0] is None else stack(ys), *ys)


def _stacked_symbol(leaf: Any, length: int) -> Any:
    if leaf is None:
        return None
    return KerasTensor((length, *leaf.shape), leaf.dtype, record_history=False)


def _empty_ys(f: Callable[..., Any], init: Any, xs: Any) -> Any:
    """What no turns at all give: of the right shapes, with a first size of 0."""
    from kerasette.core.history import infer

    def one(carry: Any, *slices: Any) -> Any:
        return f(carry, tree.pack_sequence_as(xs, list(slices)))[1]

    slices = [
        None if x is None else KerasTensor(tuple(x.shape)[1:], x.dtype) for x in tree.flatten(xs)
    ]
    symbols = tree.map_structure(lambda x: KerasTensor(tuple(x.shape), x.dtype), init)
    y = infer(one, (symbols, *slices), {})
    zeros = operators.method("zeros")
    return tree.map_structure(
        lambda leaf: None if leaf is None else zeros((0, *leaf.shape), leaf.dtype), y
    )


def _scan_length(xs: Any, length: int | None) -> int:
    lengths = {x.shape[0] for x in tree.flatten(xs) if x is not None}
    if length is not None:
        lengths.add(int(length))
    if len(lengths) != 1:
        raise ValueError(
            "scan needs one length: give `xs` with equal first sizes, or `length`. "
            f"Received: {sorted(lengths) or 'neither'}."
        )
    return int(lengths.pop())


def _traced_scan(
    f: Callable[..., Any], init: Any, xs: Any, length: int, reverse: bool
) -> tuple[Any, Any]:
    trace = state.trace
    carries = tree.flatten(init)
    slices = [x for x in tree.flatten(xs) if x is not None]
    specs = _specs(init) + [Spec(spec.shape[1:], spec.dtype) for spec in _specs(xs)]

    def body(carry: Any, given: list[Any]) -> Any:
        rest = iter(given)
        x = tree.map_structure(lambda leaf: None if leaf is None else next(rest), xs)
        after, y = f(carry, x)
        after = _tensors(after)
        _check_carry("scan", carry, after)
        return after, y

    structure = (init, [0] * len(slices))
    sub = trace.subgraph(body, specs, structure)
    states = sub.written
    if states:
        sub = trace.subgraph(body, specs, structure, variables=states)
    layout = ScanLayout(
        carries=len(carries),
        xs=len(slices),
        states=len(states),
        ys=sub.count - len(carries),
        length=length,
        reverse=bool(reverse),
        history=False,
    )
    graph = sub.graph
    if state.tapes:
        graph, layout = with_history(graph, layout)
    operands = [*carries, *slices, *(v._stored() for v in states), *sub.captured]
    outputs = _emit(scan_graph, operands, body=graph, layout=layout)
    after, ys, _, final = layout.results(outputs)
    for variable, value in zip(states, final, strict=True):
        trace.assign(variable, value)
    return sub.pack(after + ys)


def _emit(op: Any, operands: list[Any], **attributes: Any) -> Any:
    """Write a node even where every operand is a constant: its body may read variables."""
    trace = state.trace
    if not any(isinstance(operand, Traced) for operand in operands):
        operands = [Traced(trace.value(operand), trace) for operand in operands]
    if not operands:
        outputs = trace.emit(op, [], attributes)
        return outputs
    return op(*operands, **attributes)


@operation
def cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """``true_fn()`` where ``pred`` holds, else ``false_fn()``; only that one is computed.

    Both must return the same structure of the same shapes and dtypes inside a compiled function.

    >>> float(ops.cond(True, lambda: 1.0, lambda: 2.0))
    1.0
    """
    for name, branch in (("true_fn", true_fn), ("false_fn", false_fn)):
        if not callable(branch):
            raise TypeError(f"`{name}` must be callable. Received: {name}={branch!r}.")
    if isinstance(pred, bool):
        return _tensors((true_fn if pred else false_fn)())
    pred = convert_to_tensor(pred)
    if state.symbolic:
        result = _tensors(true_fn())
        _check_carry("cond", result, _tensors(false_fn()))
        return result
    if not isinstance(pred, Traced):
        return _tensors((true_fn if bool(pred) else false_fn)())
    trace = state.trace
    subs = [
        trace.subgraph(lambda branch=b: _tensors(branch()), [], ()) for b in (true_fn, false_fn)
    ]
    states = list({id(v): v for sub in subs for v in sub.written}.values())
    if states:
        subs = [
            trace.subgraph(lambda branch=b: _tensors(branch()), [], (), variables=states)
            for b in (true_fn, false_fn)
        ]
    _check_carry("cond", subs[0].result, subs[1].result)
    operands = [pred, *(v._stored() for v in states), *subs[0].captured, *subs[1].captured]
    outputs = _emit(
        cond_graph,
        operands,
        branches=tuple(sub.graph for sub in subs),
        caught=tuple(len(sub.captured) for sub in subs),
    )
    for variable, value in zip(states, outputs[subs[0].count :], strict=True):
        trace.assign(variable, value)
    return subs[0].pack(outputs[: subs[0].count])


@operation
def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    maximum_iterations: int | None = None,
) -> Any:
    """Repeat ``body`` as long as ``cond`` holds; both take the loop's variables as arguments.

    Args:
        cond: ``cond(*loop_vars) -> bool``.
        body: ``body(*loop_vars) -> loop_vars``.
        loop_vars: the first values; a list or tuple, or one tensor.
        maximum_iterations: at most so many turns.

    >>> ops.while_loop(lambda i: i < 10, lambda i: i + 1, [0])[0].numpy()
    array(10, dtype=int32)
    """
    packed = isinstance(loop_vars, (list, tuple))
    values = list(loop_vars) if packed else [loop_vars]
    values = [_tensors(value) for value in values]

    def step(*values: Any) -> list[Any]:
        after = body(*values)
        after = list(after) if isinstance(after, (list, tuple)) and packed else [after]
        after = _tensors(after)
        _check_carry("while_loop", list(values), after)
        return after

    if state.symbolic:
        values = step(*values)
    elif _in_trace():
        values = _traced_while(cond, step, values, maximum_iterations)
    else:
        turns = 0
        while (maximum_iterations is None or turns < maximum_iterations) and bool(cond(*values)):
            values = step(*values)
            turns += 1
    if not packed:
        return values[0]
    return tuple(values) if isinstance(loop_vars, tuple) else values


def _traced_while(
    cond: Callable[..., Any], step: Callable[..., Any], values: list[Any], limit: int | None
) -> list[Any]:
    trace = state.trace
    start = [values, convert_to_tensor(0)]

    def test(values: list[Any], turn: Any) -> Any:
        holds = convert_to_tensor(cond(*values))
        return holds if limit is None else operators.method("logical_and")(holds, turn < limit)

    def body(values: list[Any], turn: Any) -> Any:
        return step(*values), turn + 1

    specs = _specs(start)
    sub = trace.subgraph(body, specs, start)
    states = sub.written
    tested = trace.subgraph(test, specs, start, variables=states)
    tested.graph.outputs = tested.graph.outputs[:1]
    if states:
        sub = trace.subgraph(body, specs, start, variables=states)
    carried = [*tree.flatten(start), *(v._stored() for v in states)]
    outputs = _emit(
        while_graph,
        [*carried, *tested.captured, *sub.captured],
        test=tested.graph,
        body=sub.graph,
        counts=(len(carried), len(tested.captured), len(sub.captured)),
    )
    for variable, value in zip(states, outputs[sub.count :], strict=True):
        trace.assign(variable, value)
    return sub.pack(list(outputs[: sub.count]))[0]


@operation
def fori_loop(lower: Any, upper: Any, body_fun: Callable[[Any, Any], Any], init_val: Any) -> Any:
    """``body_fun(i, value)`` for ``i`` from ``lower`` up to, not including, ``upper``.

    With bounds that are Python ints it has a gradient inside compiled functions too.

    >>> ops.fori_loop(0, 3, lambda i, value: value + i, 10).numpy()
    array(13, dtype=int32)
    """
    if isinstance(lower, int) and isinstance(upper, int):
        turns = operators.method("arange")(lower, max(lower, upper), dtype="int32")
        return scan(lambda value, i: (body_fun(i, value), None), init_val, turns)[0]
    value = while_loop(
        lambda i, value: i < upper,
        lambda i, value: [i + 1, body_fun(i, value)],
        [convert_to_tensor(lower), init_val],
    )
    return value[1]


@operation
def map(f: Callable[[Any], Any], xs: Any) -> Any:
    """``f`` of each slice of ``xs`` along the first axis; the results stacked.

    >>> ops.map(lambda x: x * x, ops.arange(3)).numpy()
    array([0, 1, 4], dtype=int32)
    """
    return scan(lambda _, x: (0, f(x)), 0, xs)[1]


@operation
def vectorized_map(function: Callable[[Any], Any], elements: Any) -> Any:
    """``function`` of each slice of ``elements`` along the first axis; the results stacked.

    >>> ops.vectorized_map(lambda x: x + 1, ops.arange(3)).numpy()
    array([1, 2, 3], dtype=int32)
    """
    return map(function, elements)


@operation
def switch(index: Any, branches: Any, *operands: Any) -> Any:
    """``branches[index](*operands)``; an index outside is taken as the nearest branch.

    >>> float(ops.switch(1, [lambda x: x, lambda x: -x], 3.0))
    -3.0
    """
    branches = list(branches)
    if not branches:
        raise ValueError("`branches` must hold at least one function. Received: none.")
    index = operators.method("clip")(convert_to_tensor(index), 0, len(branches) - 1)

    def among(low: int, high: int) -> Any:
        if high - low == 1:
            return branches[low](*operands)
        middle = (low + high) // 2
        return cond(index < middle, lambda: among(low, middle), lambda: among(middle, high))

    return among(0, len(branches))
