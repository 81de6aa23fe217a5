"""Connectionist temporal classification: labels without knowing when each of them is said.

At each step there is one class, the blank among them; equal classes in a row count once, then the
blanks go, and what is left are the labels. Graves, Fernández, Gomez, Schmidhuber 2006,
"Connectionist temporal classification: labelling unsegmented sequence data with recurrent neural
networks".
"""

from typing import Any

from kerasette.arrays import dtypes
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.spec import Spec
from kerasette.ops.beams import beam_search
from kerasette.ops.comparison import equal, not_equal
from kerasette.ops.control import scan
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.creation import arange, full, full_like
from kerasette.ops.exponential import logaddexp
from kerasette.ops.extremes import argmax
from kerasette.ops.extremes import max as greatest
from kerasette.ops.gathering import take_along_axis
from kerasette.ops.joining import concatenate, stack
from kerasette.ops.logic import logical_and, where
from kerasette.ops.reductions import sum
from kerasette.ops.rounding import clip
from kerasette.ops.shaping import expand_dims, reshape, squeeze, transpose
from kerasette.ops.simplex import log_softmax_over
from kerasette.ops.sorting import argsort

__all__ = ["ctc_decode", "ctc_loss"]


def _scores(output: Any, name: str) -> Any:
    output = convert_to_tensor(output)
    if len(output.shape) != 3:
        raise ValueError(
            f"`{name}` must be (batch, steps, classes). "
            f"Received: {name} of shape {tuple(output.shape)}."
        )
    return cast(output, dtypes.result_type(output.dtype, "float32"))


def _lengths(lengths: Any, batch: int, name: str) -> Any:
    lengths = cast(convert_to_tensor(lengths), "int32")
    if tuple(lengths.shape) != (batch,):
        raise ValueError(
            f"`{name}` must have one length for each of {batch} sequences. "
            f"Received: {name} of shape {tuple(lengths.shape)}."
        )
    return lengths


def _moved(x: Any, places: int, fill: Any) -> Any:
    """Shifted to the right along the last axis; ``fill`` comes in from the left."""
    return concatenate([full_like(x[:, :places], fill), x[:, :-places]], axis=1)


@operation
def ctc_loss(
    target: Any, output: Any, target_length: Any, output_length: Any, mask_index: int = 0
) -> Any:
    """``-log`` of the chance that the steps' classes come down to the target's labels.

    Args:
        target: integers ``(batch, most labels)``: the labels.
        output: ``(batch, most steps, classes)``: the logits of the classes at each step.
        target_length: ``(batch,)``: how many labels there are.
        output_length: ``(batch,)``: how many steps.
        mask_index: which class is the blank.

    Returns: ``(batch,)``; infinite where there are too few steps for the labels.

    >>> scores = ops.zeros((1, 2, 3))  # three classes, all of them equally likely
    >>> ops.exp(-ops.ctc_loss([[1]], scores, [1], [2])).numpy()  # three of nine ways to say 1
    array([0.33333334], dtype=float32)

    Raises: ValueError where shapes do not fit together.
    """
    output = _scores(output, "output")
    batch, steps, classes = output.shape
    target = cast(convert_to_tensor(target), "int32")
    if len(target.shape) != 2 or target.shape[0] != batch:
        raise ValueError(
            f"`target` must be (batch, labels) for a batch of {batch}. "
            f"Received: target of shape {tuple(target.shape)}."
        )
    target_length = _lengths(target_length, batch, "target_length")
    output_length = _lengths(output_length, batch, "output_length")

    # States: a blank, the first label, a blank, the second label, …, a blank.
    count = 2 * target.shape[1] + 1
    blanks = full_like(target, mask_index)
    states = reshape(stack([blanks, target], axis=2), (batch, count - 1))
    states = concatenate([states, full((batch, 1), mask_index, "int32")], axis=1)
    states = clip(states, 0, classes - 1)  # what is beyond a target's length may be anything
    # From a label to the next one the blank may be left out, unless both are equal.
    skips = logical_and(
        not_equal(states, mask_index), not_equal(states, _moved(states, 2, mask_index))
    )
    chances = take_along_axis(
        log_softmax_over(output, axis=(2,)), expand_dims(states, 1), axis=2
    )  # (batch, steps, states)

    never = -float("inf")
    first = where(arange(count) < 2, chances[:, 0], never)

    def step(before: Any, at: Any) -> Any:
        number, chance = at
        reached = logaddexp(before, _moved(before, 1, never))
        reached = logaddexp(reached, where(skips, _moved(before, 2, never), never))
        going_on = expand_dims(number < output_length, 1)
        return where(going_on, reached + chance, before), None

    last = first
    if steps > 1:
        rest = transpose(chances, (1, 0, 2))[1:]
        last, _ = scan(step, first, (arange(1, steps), rest))
    ends = expand_dims(2 * target_length, 1)  # the last blank, or the label before it
    on_blank = take_along_axis(last, ends, axis=1)
    on_label = take_along_axis(last, clip(ends - 1, 0, count - 1), axis=1)
    on_label = where(ends > 0, on_label, never)
    return -squeeze(logaddexp(on_blank, on_label), 1)


def _beam_spec(
    scores: Spec, lengths: Spec, *, width: int, paths: int, blank: int
) -> tuple[Spec, Spec]:
    batch, steps, _ = scores.shape
    return Spec((paths, batch, steps), dtypes.ALL["int32"]), Spec((batch, paths), scores.dtype)


@primitive(_beam_spec)
def ctc_beam_search(
    xp: Any, scores: Any, lengths: Any, *, width: int, paths: int, blank: int
) -> tuple[Any, Any]:
    """The likeliest labels, ``(paths, batch, steps)``, and the logarithms of their chances."""
    return beam_search(xp, scores, lengths, width, paths, blank)


ctc_beam_search.nograd()


@operation
def ctc_decode(
    inputs: Any,
    sequence_lengths: Any,
    strategy: str = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: int | None = 0,
) -> tuple[Any, Any]:
    """The labels that the steps' classes come down to.

    Args:
        inputs: ``(batch, steps, classes)``: the logits of the classes at each step.
        sequence_lengths: ``(batch,)``: how many steps there are.
        strategy: "greedy" for the likeliest class at each step; "beam_search" for the labels that
            are the likeliest over all ways to say them.
        beam_width: how many beginnings the beam search goes on with.
        top_paths: how many results the beam search gives, the likeliest first.
        merge_repeated: whether, greedily, equal classes in a row count once.
        mask_index: which class is the blank; ``None`` for the last one.

    Returns: the labels, int32 ``(paths, batch, steps)``, with -1 after the last one; and
    ``(batch, paths)``, of the beam search the logarithms of the chances, of the greedy strategy the
    sum of the logits on the way, with a minus sign.

    >>> scores = ops.one_hot([[1, 1, 0, 1, 2]], 3)
    >>> labels, _ = ops.ctc_decode(scores, [5])
    >>> labels[0].numpy()
    array([[ 1,  1,  2, -1, -1]], dtype=int32)

    Raises: ValueError for another strategy, or where shapes do not fit together.
    """
    inputs = _scores(inputs, "inputs")
    batch, steps, classes = inputs.shape
    lengths = _lengths(sequence_lengths, batch, "sequence_lengths")
    blank = classes - 1 if mask_index is None else int(mask_index)
    if strategy == "beam_search":
        logarithms = log_softmax_over(inputs, axis=(2,))
        return ctc_beam_search(
            logarithms, lengths, width=int(beam_width), paths=int(top_paths), blank=blank
        )
    if strategy != "greedy":
        raise ValueError(
            f'`strategy` must be "greedy" or "beam_search". Received: strategy={strategy!r}.'
        )
    number = arange(steps)
    inside = number < expand_dims(lengths, 1)
    labels = where(inside, cast(argmax(inputs, axis=2), "int32"), blank)
    score = -sum(where(inside, greatest(inputs, axis=2), 0), axis=1, keepdims=True)
    if merge_repeated:
        labels = where(equal(labels, _moved(labels, 1, -1)), blank, labels)
    said = not_equal(labels, blank)
    order = argsort(where(said, number, steps), axis=1)  # what is said first, in its order
    found = take_along_axis(where(said, labels, -1), order, axis=1)
    return expand_dims(found, 0), score
