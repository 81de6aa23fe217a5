"""Fake quantization: floats rounded as if they were integers, in training."""

from typing import Any

from kerasette import ops
from kerasette.core.history import operation
from kerasette.core.rules import canonical_axis
from kerasette.core.tape import custom_gradient

__all__ = ["fake_quant_with_min_max_vars"]


@operation
def fake_quant_with_min_max_vars(
    inputs: Any,
    min_vals: Any,
    max_vals: Any,
    num_bits: int = 8,
    narrow_range: bool = False,
    axis: int | None = None,
) -> Any:
    """``inputs`` rounded to the nearest of ``2 ** num_bits`` evenly spaced values between two
    bounds, of which one is 0: ``(...) -> (...)``.

    The gradient passes where the inputs are between the bounds; elsewhere it goes to the bound.

    Args:
        inputs: floats.
        min_vals: the lower bound; with ``axis``, one for each place of that axis.
        max_vals: the upper bound; likewise.
        num_bits: how many bits an integer has.
        narrow_range: whether the least integer is left out, so that there are as many on each side.
        axis: the axis of the channels, where they have bounds of their own.

    Reference: Jacob et al., "Quantization and training of neural networks for efficient
    integer-arithmetic-only inference", CVPR 2018.

    >>> x = ops.array([-0.1, 0.3, 0.6, 2.0])
    >>> kerasette.quantizers.fake_quant_with_min_max_vars(x, 0.0, 1.0, num_bits=1).tolist()
    [0.0, 0.0, 1.0, 1.0]
    """
    inputs = ops.convert_to_tensor(inputs)
    lower, upper = ops.convert_to_tensor(min_vals), ops.convert_to_tensor(max_vals)
    rank = len(inputs.shape)
    place = None if axis is None else canonical_axis(axis, rank)
    spread = tuple(-1 if index == place else 1 for index in range(rank))
    least, greatest = int(narrow_range), 2 ** int(num_bits) - 1

    @custom_gradient
    def quantized(x: Any, lower: Any, upper: Any) -> Any:
        wide = ops.cast(x, "float64" if x.dtype == "float64" else "float32")
        low, high = (
            ops.reshape(ops.cast(b, wide.dtype), () if place is None else spread)
            for b in (lower, upper)
        )
        # The bounds are moved so that 0 is one of the values.
        scale = (high - low) / (greatest - least)
        zero = ops.round(ops.clip(least - low / scale, least, greatest))
        low, high = (least - zero) * scale, (greatest - zero) * scale
        steps = ops.floor((ops.clip(wide, low, high) - low) / scale + 0.5)
        result = ops.cast((steps + least - zero) * scale, x.dtype)

        def grad(upstream: Any) -> Any:
            def kept(where: Any) -> Any:
                return ops.where(where, upstream, ops.zeros((), upstream.dtype))

            axes = tuple(index for index in range(rank) if index != place)

            def total(where: Any, bound: Any) -> Any:
                summed = ops.sum(kept(where), axis=axes)
                return ops.reshape(ops.cast(summed, bound.dtype), bound.shape)

            inside = ops.logical_and(wide >= low, wide <= high)
            return kept(inside), total(wide <= low, lower), total(wide >= high, upper)

        return result, grad

    return quantized(inputs, lower, upper)
