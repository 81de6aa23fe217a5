"""Rematerialisation: forget intermediate values, and compute them again for the gradient.

Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016.
"""

import functools
from collections.abc import Callable
from typing import Any

from kerasette import tree
from kerasette.arrays import dtypes
from kerasette.core import operators
from kerasette.core.interpret import value_of
from kerasette.core.state import state
from kerasette.core.stateless import StatelessScope
from kerasette.core.tape import GradientTape, no_tape
from kerasette.core.tensor import Tensor, TensorBase, Traced

_MODES = ("full", "activations", "larger_than", "list_of_layers", None)


class RematScope:
    """Layers made within it compute again in the backward pass what they need not keep.

    Args:
        mode: "full" for all layers; "activations" for the layers' activation functions;
            "larger_than" for layers whose outputs have more elements than the threshold;
            "list_of_layers" for those that ``layer_names`` names; ``None`` for none.
        output_size_threshold: the number of elements, unknown sizes counted as 1.
        layer_names: names of layers.

    >>> with kerasette.RematScope(mode="full"):
    ...     layer = kerasette.layers.Dense(4, activation="gelu")

    Raises: ValueError for an unknown mode.
    """

    def __init__(
        self, mode: Any = "full", output_size_threshold: int = 1024, layer_names: Any = None
    ):
        if mode not in _MODES:
            raise ValueError(f"`mode` must be one of {_MODES}. Received: mode={mode!r}.")
        self.mode = mode
        self.output_size_threshold = output_size_threshold
        self.layer_names = list(layer_names or [])
        self._before: list[Any] = []

    def __enter__(self) -> "RematScope":
        self._before.append(state.remat)
        state.remat = self
        return self

    def __exit__(self, *error: Any) -> None:
        state.remat = self._before.pop()


class _Run(StatelessScope):
    """A run whose assignments are kept aside, with the values from before them."""

    def __init__(self, state_mapping: Any = None):
        self.before: dict[int, tuple[Any, Any]] = {}
        self._outer: Any = None
        super().__init__(collect_losses=True)
        for variable, value in state_mapping or ():
            super().add_update((variable, value))

    def __enter__(self) -> "_Run":
        self._outer = state.stateless
        super().__enter__()
        return self

    def add_update(self, update: Any) -> None:
        variable, value = update
        self.before.setdefault(id(variable), (variable, variable._read()))
        with no_tape():  # as where a variable is assigned to: gradients end at what is read of it
            super().add_update((variable, operators.method("identity_of")(value)))

    def get_current_value(self, variable: Any) -> Any:
        held = super().get_current_value(variable)
        if held is None and self._outer is not None:
            return self._outer.get_current_value(variable)
        return held

    def hand_on(self) -> None:
        """Do outside what was done within."""
        for number, (variable, _) in self.before.items():
            variable.assign(self.state_mapping[number])
        if self._outer is not None and self._outer.collect_losses:
            for loss in self.losses:
                self._outer.add_loss(loss)


class _Again:
    """Within it a call goes on as if it were where the first was, and leaves no trace."""

    def __init__(self) -> None:
        self.then = (state.autocast, state.entry, state.training, True)
        self.now: list[Any] = []

    def __enter__(self) -> None:
        self.now.append((state.autocast, state.entry, state.training, state.repeating))
        state.autocast, state.entry, state.training, state.repeating = self.then

    def __exit__(self, *error: Any) -> None:
        state.autocast, state.entry, state.training, state.repeating = self.now.pop()


def remat(f: Callable[..., Any]) -> Callable[..., Any]:
    """``f`` that keeps none of its intermediate values on tapes; gradients run it again.

    It costs one more forward pass and saves the memory of what lies between, in compiled functions
    too. The second pass sees the variables (random states, too) as the first saw them, and changes
    none. Gradients flow to the arguments and to variables.

    >>> square = kerasette.remat(lambda x: x * x)

    Raises: ValueError in a call where ``f`` uses a tensor from outside that gradients flow to, and
    that is none of its arguments.
    """

    @functools.wraps(f)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        tapes = [tape for tape in state.tapes if isinstance(tape, GradientTape)]
        if not tapes or state.symbolic:
            return f(*args, **kwargs)
        values = [_of_its_own(x) for x in tree.flatten((args, kwargs))]
        again = _Again()
        result, run, variables = _first(f, _packed(args, kwargs, values), tapes)
        reads = [variable._read() for variable in variables]
        mapping = [*run.before.values(), *zip(variables, reads, strict=True)]
        run.hand_on()
        tensors = [x for x in values if isinstance(x, (Tensor, Traced))]

        def pullback(incoming: list[Any]) -> list[Any]:
            start = next(g for g in incoming if g is not None)
            own = [_recalled(x, start) if isinstance(x, (Tensor, Traced)) else x for x in values]
            sources = [x for x in own if isinstance(x, (Tensor, Traced))]
            with again, _Run(mapping) as second, _tape_like(tapes) as tape:
                tape.watch([x for x in sources if dtypes.differentiable(x.dtype)])
                given = _packed(args, kwargs, own)
                targets = _outputs(f(*given[0], **given[1]), second, sources)
            pairs = [(t, g) for t, g in zip(targets, incoming, strict=True) if g is not None]
            ends, starts = [t for t, _ in pairs], [g for _, g in pairs]
            with again:
                return tape.gradient(ends, [*sources, *variables], starts)  # type: ignore[no-any-return]

        for tape in tapes:
            for variable, value in zip(variables, reads, strict=True):
                tape.read(variable, value)
            tape.record_custom([*tensors, *reads], _outputs(result, run, tensors), pullback)
        return result

    return wrapped


def _first(f: Callable[..., Any], given: Any, tapes: list[GradientTape]) -> Any:
    """The result of the first pass, with the run, and the variables that gradients flow to."""
    watchers = tuple(tape for tape in state.tapes if not isinstance(tape, GradientTape))
    outside = {key for tape in tapes for key in tape._reached}
    with no_tape(watchers), _tape_like(tapes) as probe, _Run() as run:
        probe._reached |= outside
        result = tree.map_structure(_of_its_own, f(*given[0], **given[1]))
    own: set[Any] = {x._key for x in tree.flatten(given) if isinstance(x, (Tensor, Traced))}
    own.update(key for _, keys in probe._variables.values() for key in keys)
    used = {key for record in probe._records for key in record.inputs if key in outside}
    if used - own:
        raise ValueError(
            f"The rematerialised function {getattr(f, '__name__', f)!r} uses a tensor from outside "
            "that gradients flow to: make it an argument of the function."
        )
    return result, run, probe.watched_variables()


def _tape_like(tapes: list[GradientTape]) -> GradientTape:
    """A tape that watches what any of these does."""
    tape = GradientTape(watch_accessed_variables=any(t._watch_accessed for t in tapes))
    tape._wanted.update(*(t._wanted for t in tapes))
    return tape


def _packed(args: Any, kwargs: Any, values: list[Any]) -> Any:
    return tree.pack_sequence_as((args, kwargs), values)


def _of_its_own(value: Any) -> Any:
    """A result that may be an argument, or a variable's value, as another tensor on tapes."""
    if not isinstance(value, TensorBase):
        return value
    return _alike(value, operators.method("identity_of")(value_of(value)))


def _outputs(result: Any, run: _Run, arguments: list[Any]) -> list[Any]:
    """The tensors that gradients come from: results, and what ``add_loss`` got."""
    losses = [x for x in run.losses if all(x is not argument for argument in arguments)]
    return [x for x in (*tree.flatten(result), *losses) if isinstance(x, (Tensor, Traced))]


def _recalled(value: Any, start: Any) -> Any:
    """An argument once more. In a graph it waits for the gradient: else the second pass would be
    found equal to the first, whose values would then be kept after all.
    """
    name = "identity_of" if state.trace is None else "recall"
    operands = (value,) if state.trace is None else (value, start)
    return _alike(value, operators.method(name)(*operands))


def _alike(value: Any, twin: Any) -> Any:
    mask = getattr(value, "_keras_mask", None)
    if mask is not None:
        twin._keras_mask = mask
    return twin


operators.install(remat=remat)
