"""Control flow as nodes of the graph: the primitives behind ``scan``, ``cond``, ``while_loop``.

Eagerly, control flow is Python's own, and the tape records what each turn does. In a trace it is
one node that carries its body as a graph. The gradient of a scan is a scan the other way round,
that of a branch is a branch; both run the body again under a tape, turn by turn, so that
gradients of any order work.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

from kerasette.arrays import dtypes
from kerasette.core import operators
from kerasette.core.primitive import primitive
from kerasette.core.spec import Spec
from kerasette.core.tape import GradientTape

__all__: list[str] = []


@dataclasses.dataclass(frozen=True)
class ScanLayout:
    """What the operands and results of a scan node are, in their order.

    Operands, as the body's inputs: carries, one slice of each ``xs``, states (variables that the
    body assigns), and what the body catches from outside. Results: final carries, stacked ``ys``,
    then, with ``history``, the carries and states as they came into each turn, and final states.
    """

    carries: int
    xs: int
    states: int
    ys: int
    length: int
    reverse: bool
    history: bool

    def split(self, operands: Sequence[Any]) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
        """The operands as (carries, xs, states, caught)."""
        a, b = self.carries, self.carries + self.xs
        c = b + self.states
        return list(operands[:a]), list(operands[a:b]), list(operands[b:c]), list(operands[c:])

    def results(self, outputs: Sequence[Any]) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
        """The results as (carries, ys, history, states)."""
        kept = self.carries + self.states if self.history else 0
        a, b = self.carries, self.carries + self.ys
        c = b + kept
        return list(outputs[:a]), list(outputs[a:b]), list(outputs[b:c]), list(outputs[c:])


def _scan_spec(*specs: Spec, body: Any, layout: ScanLayout) -> tuple[Spec, ...]:
    carries, ys, history, states = layout.results([value.spec for value in body.outputs])
    stacked = [Spec((layout.length, *spec.shape), spec.dtype) for spec in ys + history]
    return (*carries, *stacked, *states)


@primitive(_scan_spec, native=True, name="scan")
def scan_graph(xp: Any, *operands: Any, body: Any, layout: ScanLayout) -> Any:
    """A body applied to one slice of each ``xs`` after the other, carrying values along."""
    carries, xs, states, caught = layout.split(operands)
    _, ys, history, _ = layout.results([value.spec for value in body.outputs])
    stacked = [
        xp.empty((layout.length, *spec.shape), dtypes.numpy_dtype(spec.dtype))
        for spec in ys + history
    ]
    turns = range(layout.length)
    for turn in reversed(turns) if layout.reverse else turns:
        out = body.run([*carries, *(x[turn] for x in xs), *states, *caught])
        carries, new, past, states = layout.results(out)
        for whole, part in zip(stacked, new + past, strict=True):
            whole[turn] = part
    return (*carries, *stacked, *states)


def with_history(body: Any, layout: ScanLayout) -> tuple[Any, ScanLayout]:
    """The same scan, which also gives back what came into each turn."""
    carries, ys, _, states = layout.results(body.outputs)
    into, _, state_inputs, _ = layout.split(body.inputs)
    outputs = [*carries, *ys, *into, *state_inputs, *states]
    graph = type(body)(body.inputs, body.constants, body.nodes, outputs)
    return graph, dataclasses.replace(layout, history=True)


def _zeros(value: Any) -> Any:
    return operators.method("zeros")(tuple(value.shape), value.dtype)


def _is_float(value: Any) -> bool:
    return dtypes.differentiable(value.dtype)


def _pull(graph: Any, values: list[Any], upstream: list[Any]) -> list[Any]:
    """The gradient for each float of ``values`` through a graph, zero where there is none.

    ``upstream`` holds a gradient, or ``None``, for each of the graph's outputs.
    """
    sources = [value for value in values if _is_float(value)]
    with GradientTape(watch_accessed_variables=False) as tape:
        # Each stands for itself alone, although one value may enter in two places.
        sources = [operators.method("identity_of")(value) for value in sources]
        tape.watch(sources)
        rest = iter(sources)
        outputs = graph.replay(*(next(rest) if _is_float(value) else value for value in values))
    pairs = [(o, g) for o, g in zip(outputs, upstream, strict=True) if g is not None]
    return tape.gradient([o for o, _ in pairs], sources, [g for _, g in pairs], "zero")


def _scan_gradient(g: Any, inputs: Any, out: Any, body: Any, layout: ScanLayout) -> Any:
    from kerasette.ops.control import scan

    if layout.history:
        _, _, history, _ = layout.results(out)
        _, _, g_history, _ = layout.results(g)
        body = type(body)(body.inputs, body.constants, body.nodes, _without(body.outputs, layout))
    else:
        full, extended = with_history(body, layout)
        _, _, history, _ = extended.results(scan_graph(*inputs, body=full, layout=extended))
        g_history = []
    _, xs, _, caught = layout.split(inputs)
    g_carries, g_ys, _, g_states = layout.results(g)
    moving = [v for v in g_carries + g_states if _is_float(v)]
    held = [_zeros(v) for v in caught if _is_float(v)]

    def turn(gradients: Any, slices: Any) -> Any:
        moving, held = gradients
        x, past, up_ys, up_past = slices
        before, state = past[: layout.carries], past[layout.carries :]
        values = [*before, *x, *state, *caught]
        up = iter(moving)
        carry_up = [next(up) if _is_float(value) else None for value in before]
        state_up = [next(up) if _is_float(value) else None for value in state]
        ys_up = [y if _is_float(y) else None for y in up_ys]
        found = iter(_pull(body, values, [*carry_up, *ys_up, *state_up]))
        by_part = [
            [next(found) for v in part if _is_float(v)] for part in (before, x, state, caught)
        ]
        into = by_part[0] + by_part[2]
        if up_past:  # history is a result, too, when gradients of gradients are taken
            more = [u for u in up_past if _is_float(u)]
            into = [a + b for a, b in zip(into, more, strict=True)]
        held = [a + b for a, b in zip(held, by_part[3], strict=True)]
        return (into, held), by_part[1]

    (moving, held), g_xs = scan(
        turn, (moving, held), (xs, history, g_ys, g_history), layout.length, not layout.reverse
    )
    into, slices, outside = iter(moving), iter(g_xs), iter(held)
    carries, xs_in, states, caught_in = layout.split(inputs)
    g_in = [next(into) if _is_float(v) else None for v in carries]
    g_states_in = [next(into) if _is_float(v) else None for v in states]
    return (
        *g_in,
        *(next(slices) if _is_float(v) else None for v in xs_in),
        *g_states_in,
        *(next(outside) if _is_float(v) else None for v in caught_in),
    )


def _without(outputs: list[Any], layout: ScanLayout) -> list[Any]:
    carries, ys, _, states = layout.results(outputs)
    return [*carries, *ys, *states]


scan_graph.defvjp_joint(_scan_gradient)


def _cond_spec(pred: Spec, *specs: Spec, branches: Any, caught: tuple[int, ...]) -> Any:
    return tuple(value.spec for value in branches[0].outputs)


@primitive(_cond_spec, native=True, name="cond")
def cond_graph(xp: Any, pred: Any, *operands: Any, branches: Any, caught: tuple[int, int]) -> Any:
    """The results of one of two graphs; ``operands`` are the states, then what each one catches."""
    states = len(operands) - caught[0] - caught[1]
    if bool(pred):
        return tuple(branches[0].run([*operands[: states + caught[0]]]))
    return tuple(branches[1].run([*operands[:states], *operands[states + caught[0] :]]))


def _cond_gradient(g: Any, inputs: Any, branches: Any, caught: tuple[int, int]) -> Any:
    from kerasette.ops.control import cond

    pred, operands = inputs[0], list(inputs[1:])
    count = len(operands) - caught[0] - caught[1]
    states, left, right = (
        operands[:count],
        operands[count : count + caught[0]],
        operands[count + caught[0] :],
    )
    upstream = [part if _is_float(part) else None for part in g]

    def zeros(values: list[Any]) -> list[Any]:
        return [_zeros(v) for v in values if _is_float(v)]

    def of_left() -> Any:
        return _pull(branches[0], states + left, upstream) + zeros(right)

    def of_right() -> Any:
        found = _pull(branches[1], states + right, upstream)
        floats = len([v for v in states if _is_float(v)])
        return found[:floats] + zeros(left) + found[floats:]

    if not any(_is_float(v) for v in operands):
        return (None,) * len(inputs)
    found = iter(cond(pred, of_left, of_right))
    return (None, *(next(found) if _is_float(value) else None for value in operands))


cond_graph.defvjp_joint(_cond_gradient)


def _while_spec(*specs: Spec, test: Any, body: Any, counts: tuple[int, int, int]) -> Any:
    return tuple(specs[: counts[0]])


@primitive(_while_spec, native=True, name="while_loop")
def while_graph(xp: Any, *operands: Any, test: Any, body: Any, counts: tuple[int, int, int]) -> Any:
    """A body applied again and again as long as a test holds.

    ``counts``: how many of the operands are carried, caught by the test, caught by the body.
    """
    carried = list(operands[: counts[0]])
    for_test = operands[counts[0] : counts[0] + counts[1]]
    for_body = operands[counts[0] + counts[1] :]
    while bool(test.run([*carried, *for_test])[0]):
        carried = body.run([*carried, *for_body])
    return tuple(carried)


def _while_gradient(g: Any, inputs: Any) -> Any:
    raise ValueError(
        "while_loop has no gradient inside a compiled function: the number of its turns is not "
        "known. Use scan or fori_loop with a fixed length, or run eagerly (run_eagerly=True)."
    )


while_graph.defvjp_joint(_while_gradient)
