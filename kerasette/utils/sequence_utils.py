"""Sequences of different lengths made one array."""

from typing import Any

import numpy as np


def pad_sequences(
    sequences: Any,
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> np.ndarray:
    """Sequences of different lengths as one array ``(sequences, maxlen, ...)``.

    Args:
        sequences: a list of sequences.
        maxlen: the length; that of the longest by default.
        dtype: of the result; ``object`` for texts of different lengths.
        padding: "pre" or "post": where short sequences are filled up.
        truncating: "pre" or "post": where long ones are cut.
        value: what they are filled up with.

    >>> pad_sequences([[1], [2, 3], [4, 5, 6]], maxlen=2)
    array([[0, 1],
           [2, 3],
           [5, 6]], dtype=int32)

    Raises: ValueError for something that is no list of sequences, or sequences of other shapes.
    """
    for name, side in (("padding", padding), ("truncating", truncating)):
        if side not in ("pre", "post"):
            raise ValueError(f'`{name}` must be "pre" or "post". Received: {name}={side!r}.')
    if not hasattr(sequences, "__len__"):
        raise ValueError(f"`sequences` must be a list of sequences. Received: {sequences!r}.")
    for sequence in sequences:
        if not hasattr(sequence, "__len__"):
            raise ValueError(
                f"`sequences` must be a list of sequences. It holds {sequence!r}, which is none."
            )
    texts = np.issubdtype(dtype, np.str_) or np.issubdtype(dtype, np.bytes_)
    if isinstance(value, str) and not texts and np.dtype(dtype) != object:
        raise ValueError(f"A text as `value` needs dtype=object. Received: dtype={dtype!r}.")
    if maxlen is None:
        maxlen = max((len(sequence) for sequence in sequences), default=0)
    inner = next((np.asarray(s).shape[1:] for s in sequences if len(s)), ())
    result = np.full((len(sequences), maxlen, *inner), value, dtype)
    for index, sequence in enumerate(sequences):
        kept = sequence[max(0, len(sequence) - maxlen) :] if truncating == "pre" else sequence
        part = np.asarray(kept[:maxlen], dtype)
        if not len(part):
            continue
        if part.shape[1:] != inner:
            raise ValueError(
                f"All sequences must hold elements of one shape. The first has {inner}, number "
                f"{index} has {part.shape[1:]}."
            )
        place = slice(maxlen - len(part), None) if padding == "pre" else slice(len(part))
        result[index, place] = part
    return result
