"""8-bit floats: scales that follow the greatest sizes of the last steps."""

from typing import Any

from kerasette import ops
from kerasette.arrays import dtypes

__all__ = ["compute_float8_amax_history", "compute_float8_scale", "quantize_and_dequantize"]


def compute_float8_scale(amax: Any, scale: Any, dtype_max: float, margin: int = 0) -> Any:
    """The scale by which values are divided before they are cast to 8 bits.

    Args:
        amax: the greatest size of the values.
        scale: the scale up to now, which stays where ``amax`` is 0 or not finite.
        dtype_max: the greatest number of the 8-bit type.
        margin: how many powers of two are left free above.

    >>> float(kerasette.quantizers.compute_float8_scale(ops.array(448.0), ops.array(3.0), 448.0))
    1.0
    """
    amax, scale = ops.convert_to_tensor(amax), ops.convert_to_tensor(scale)
    usable = ops.logical_and(amax > 0, ops.isfinite(amax))
    found = ops.where(usable, amax, ops.ones_like(amax)) * (2.0**margin / dtype_max)
    return ops.where(usable, found, scale)


def compute_float8_amax_history(x: Any, amax_history: Any) -> Any:
    """The greatest sizes of the last steps, brought up to date: ``(steps,) -> (steps,)``.

    That of ``x`` comes first, in place of the oldest, which stood second: the order is cyclic.

    >>> history = ops.array([3.0, 1.0, 2.0])
    >>> kerasette.quantizers.compute_float8_amax_history(ops.array([-4.0]), history).tolist()
    [4.0, 2.0, 3.0]
    """
    history = ops.convert_to_tensor(amax_history)
    newest = ops.reshape(ops.cast(ops.max(ops.abs(x)), history.dtype), (1,))
    return ops.concatenate([newest, ops.roll(history, shift=-1)[1:]], axis=0)


def quantize_and_dequantize(
    inputs: Any, scale: Any, quantized_dtype: str, compute_dtype: str
) -> Any:
    """``inputs`` as they are after a cast to 8 bits and back: ``(...) -> (...)``.

    Args:
        inputs: floats.
        scale: by which they are divided before and multiplied after.
        quantized_dtype: "float8_e4m3fn" or "float8_e5m2".
        compute_dtype: the dtype of the result.
    """
    import ml_dtypes

    largest = float(ml_dtypes.finfo(dtypes.numpy_dtype(quantized_dtype)).max)
    scale = ops.cast(scale, compute_dtype)
    shrunk = ops.clip(ops.cast(inputs, compute_dtype) / scale, -largest, largest)
    return ops.cast(ops.cast(shrunk, quantized_dtype), compute_dtype) * scale
