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
from kerasette.core.tape import GradientTape, no_tape
from kerasette.core.tensor import Tensor, TensorBase, Traced


def remat(f: Callable[..., Any]) -> Callable[..., Any]:
    """``f`` that keeps none of its intermediate values on tapes; gradients run it again.

    It costs one more forward pass and saves the memory of what lies between.

    >>> square = kerasette.remat(lambda x: x * x)
    """

    @functools.wraps(f)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if not state.tapes or state.symbolic:
            return f(*args, **kwargs)
        leaves = tree.flatten((args, kwargs))
        values = [
            operators.method("identity_of")(value_of(x)) if isinstance(x, TensorBase) else x
            for x in leaves
        ]
        tapes = state.tapes
        # What `f` reads beside its arguments: variables, seen by a tape that watches all of them.
        with no_tape(), GradientTape() as probe:
            given_args, given_kwargs = tree.pack_sequence_as((args, kwargs), values)
            result = f(*given_args, **given_kwargs)
        probe._records.clear()
        variables = probe.watched_variables()
        reads = [variable._read() for variable in variables]
        tensors = [x for x in values if isinstance(x, (Tensor, Traced))]
        outputs = [x for x in tree.flatten(result) if isinstance(x, (Tensor, Traced))]

        def pullback(incoming: list[Any]) -> list[Any]:
            with GradientTape() as tape:
                tape.watch([x for x in tensors if dtypes.differentiable(x.dtype)])
                again = f(*given_args, **given_kwargs)
            targets = [x for x in tree.flatten(again) if isinstance(x, (Tensor, Traced))]
            pairs = [(t, g) for t, g in zip(targets, incoming, strict=True) if g is not None]
            sources = [*tensors, *variables]
            return tape.gradient([t for t, _ in pairs], sources, [g for _, g in pairs])

        for tape in tapes:
            for variable, value in zip(variables, reads, strict=True):
                tape.read(variable, value)
            tape.record_custom([*tensors, *reads], outputs, pullback)
        return result

    return wrapped


operators.install(remat=remat)
