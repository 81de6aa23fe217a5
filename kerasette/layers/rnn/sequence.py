"""The loop over time that all recurrent layers share, with masks: one ``scan``."""

from collections.abc import Callable
from typing import Any

from kerasette import ops, tree


def run_over_time(
    step: Callable[[Any, Any], tuple[Any, Any]],
    sequences: Any,
    states: Any,
    mask: Any = None,
    go_backwards: bool = False,
    zero_output_for_mask: bool = False,
    steps_first: bool = False,
) -> tuple[Any, Any, Any]:
    """Apply ``step(inputs, states) -> (output, states)`` along axis 1 of ``sequences``, or with
    ``steps_first`` along axis 0. The outputs of steps that go backwards are in that order.

    A masked step keeps the states, and gives the last output that was not masked (zeros before
    there is one, or always with ``zero_output_for_mask``).

    Returns: ``(last output, outputs (batch, steps, ...), last states)``.
    """
    steps = sequences if steps_first else tree.map_structure(steps_before_batch, sequences)

    def in_order(outputs: Any) -> Any:
        return steps_before_batch(ops.flip(outputs, 0) if go_backwards else outputs)

    if mask is None:

        def plain(carry: Any, x: Any) -> Any:
            output, after = step(x, carry)
            return _like(carry, after), output

        states, outputs = ops.scan(plain, states, steps, reverse=go_backwards)
        return outputs[0 if go_backwards else -1], in_order(outputs), states

    mask = ops.cast(ops.transpose(mask, (1, 0)), "bool")
    first, _ = step(tree.map_structure(lambda x: x[0], steps), states)  # for its shape
    zeros = ops.zeros(tuple(first.shape), first.dtype)

    def masked(carry: Any, given: Any) -> Any:
        before, last = carry
        x, keep = given
        output, after = step(x, before)
        after = _like(before, after)
        kept = tree.map_structure(
            lambda new, old: ops.where(_wide(keep, new), new, old), after, before
        )
        instead = zeros if zero_output_for_mask else last
        output = ops.where(_wide(keep, output), output, instead)
        return (kept, output), output

    (states, last), outputs = ops.scan(masked, (states, zeros), (steps, mask), reverse=go_backwards)
    return last, in_order(outputs), states


def steps_before_batch(x: Any) -> Any:
    """Axes 0 and 1 exchanged."""
    return ops.swapaxes(x, 0, 1)


def _wide(mask: Any, value: Any) -> Any:
    """A mask ``(batch,)`` with axes of size 1 up to the value's rank."""
    return ops.reshape(mask, (*tuple(mask.shape), *(1,) * (len(value.shape) - 1)))


def _like(before: Any, after: Any) -> Any:
    """New states in the structure and dtypes of the old ones."""
    flat = [
        ops.cast(n, o.dtype) for n, o in zip(tree.flatten(after), tree.flatten(before), strict=True)
    ]
    return tree.pack_sequence_as(before, flat)
