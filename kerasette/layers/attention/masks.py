"""Which places attend to which: masks of queries and values, causal and windowed, made one."""

from typing import Any

from kerasette import ops


def merged_mask(
    lengths: tuple[int, int],
    query_mask: Any = None,
    value_mask: Any = None,
    key_mask: Any = None,
    attention_mask: Any = None,
    causal: bool = False,
    window: int | None = None,
) -> Any:
    """The mask ``(batch, queries, values)`` of all that is given; ``None`` for nothing.

    Args:
        lengths: the numbers of queries and of values.
        query_mask, value_mask, key_mask: ``(batch, length)``, true for what counts.
        attention_mask: ``(batch, queries, values)``.
        causal: whether a query sees only values at its own place and before.
        window: how many places a query sees at most on each side.
    """
    parts = []
    if query_mask is not None:
        parts.append(ops.expand_dims(ops.cast(query_mask, "bool"), -1))
    given = [mask for mask in (value_mask, key_mask) if mask is not None]
    parts += [ops.expand_dims(ops.cast(mask, "bool"), -2) for mask in given]
    if causal:
        parts.append(causal_mask(*lengths))
    if window is not None:
        parts.append(window_mask(*lengths, window))
    if attention_mask is not None:
        parts.append(ops.cast(attention_mask, "bool"))
    if not parts:
        return None
    whole = parts[0]
    for part in parts[1:]:
        whole = ops.logical_and(whole, part)
    return whole


def causal_mask(queries: int, values: int) -> Any:
    """True where the value's place is the query's or before it: ``(1, queries, values)``."""
    rows, columns = _places(queries, values)
    return ops.expand_dims(ops.greater_equal(rows, columns), 0)


def window_mask(queries: int, values: int, window: int) -> Any:
    """True where the places are less than ``window`` apart: ``(1, queries, values)``."""
    rows, columns = _places(queries, values)
    return ops.expand_dims(ops.less(ops.abs(rows - columns), window), 0)


def _places(queries: int, values: int) -> tuple[Any, Any]:
    return (
        ops.reshape(ops.arange(queries, dtype="int32"), (queries, 1)),
        ops.reshape(ops.arange(values, dtype="int32"), (1, values)),
    )
