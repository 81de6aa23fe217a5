"""Two 4-bit integers in a byte."""

from typing import Any

from kerasette import ops
from kerasette.core.rules import canonical_axis

__all__ = ["pack_int4", "unpack_int4"]


def _checked(x: Any, dtype: str, accepted: tuple[str, ...]) -> Any:
    if dtype not in ("int8", "uint8"):
        raise ValueError(f'`dtype` must be "int8" or "uint8". Received: dtype={dtype!r}.')
    x = ops.convert_to_tensor(x)
    if x.dtype not in accepted:
        raise TypeError(f"The numbers must be of {' or '.join(accepted)}. Received: {x.dtype}.")
    return x


def pack_int4(arr: Any, axis: int = 0, dtype: str = "int8") -> tuple[Any, tuple[int, ...], int]:
    """Each two neighbours along ``axis`` in one byte, the first in its lower half.

    Args:
        arr: numbers from -8 to 7 (uint8: from 0 to 15), of ``dtype``.
        axis: the axis that becomes half as long; an odd one is filled with a 0.
        dtype: "int8" or "uint8".

    Returns: the bytes, their shape, and how long the axis was.

    >>> packed, shape, length = kerasette.quantizers.pack_int4(ops.array([1, -1, 7], "int8"))
    >>> packed.tolist(), shape, length
    ([-15, 7], (2,), 3)

    Raises: TypeError for numbers of another dtype.
    """
    arr = _checked(arr, dtype, (dtype,))
    axis = canonical_axis(axis, len(arr.shape))
    moved = ops.moveaxis(arr, axis, 0)
    length = int(moved.shape[0])
    if length % 2:
        moved = ops.concatenate([moved, ops.zeros((1, *moved.shape[1:]), dtype)], axis=0)
    low, high = moved[::2] & 0x0F, moved[1::2] & 0x0F
    packed = ops.moveaxis(low | ops.left_shift(high, 4), 0, axis)
    return packed, tuple(packed.shape), length


def unpack_int4(packed: Any, orig_len: int, axis: int = 0, dtype: str = "int8") -> Any:
    """The numbers that ``pack_int4`` put two in a byte.

    Args:
        packed: the bytes.
        orig_len: how long the axis was.
        axis: the axis along which they were packed.
        dtype: "int8" for numbers from -8 to 7, "uint8" for those from 0 to 15.

    >>> bytes = ops.array([-15, 7], "int8")
    >>> kerasette.quantizers.unpack_int4(bytes, 3).tolist()
    [1, -1, 7]
    """
    packed = _checked(packed, dtype, ("int8", "uint8"))
    axis = canonical_axis(axis, len(packed.shape))
    moved = ops.moveaxis(packed, axis, 0)
    halves = [moved & 0x0F, ops.right_shift(moved, 4) & 0x0F]
    if dtype == "int8":  # 8 to 15 stand for -8 to -1
        halves = [ops.cast(half ^ 8, "int8") - 8 for half in halves]
    pairs = ops.stack([ops.cast(half, dtype) for half in halves], axis=1)
    flat = ops.reshape(pairs, (-1, *moved.shape[1:]))
    return ops.moveaxis(flat[:orig_len], 0, axis)
