"""Class numbers as the numbers themselves, one-hot vectors, or counts."""

from typing import Any

from kerasette import ops
from kerasette.core.tensor import Tensor

MODES = ("int", "one_hot", "multi_hot", "count")


def check_mode(layer: str, mode: Any, modes: tuple[str, ...], sparse: Any = False) -> str:
    """``output_mode`` under its present name, checked; ``sparse`` must be off.

    Raises: ValueError for a mode that the layer does not have, or sparse outputs.
    """
    mode = {"binary": "multi_hot", "tf-idf": "tf_idf"}.get(mode, mode)
    if mode not in modes:
        raise ValueError(
            f"`output_mode` of {layer} must be one of {modes}. Received: output_mode={mode!r}."
        )
    if sparse:
        raise ValueError(
            f"{layer} has no sparse outputs: leave `sparse` False. Received: sparse=True."
        )
    return mode


def encode(
    numbers: Any, mode: str, depth: int, dtype: str, weights: Any = None, idf: Any = None
) -> Any:
    """Numbers ``(..., n)`` below ``depth`` as ``mode`` says; those outside count for nothing.

    "int" leaves them; "one_hot" gives ``(..., n, depth)``, or ``(..., depth)`` where n is 1;
    "multi_hot" (is it there), "count" (how often, or the sum of ``weights``) and "tf_idf" (how
    often, times ``idf (depth,)``) give ``(..., depth)``.
    """
    numbers = ops.convert_to_tensor(numbers)
    if mode == "int":
        return ops.cast(numbers, dtype)
    if not numbers.shape:
        numbers = ops.reshape(numbers, (1,))
    if mode == "one_hot":
        if len(numbers.shape) > 1 and numbers.shape[-1] == 1:
            numbers = ops.squeeze(numbers, -1)
        return ops.one_hot(numbers, depth, dtype=dtype)
    if mode == "multi_hot":
        return ops.multi_hot(numbers, depth, dtype=dtype)
    if weights is not None:
        dtype = weights.dtype
    each = ops.one_hot(numbers, depth, dtype=dtype)
    if weights is not None:
        each = each * ops.expand_dims(ops.reshape(weights, numbers.shape), -1)
    counts = ops.sum(each, axis=-2)
    return counts if idf is None else counts * ops.convert_to_tensor(idf, dtype)


def encoded_shape(shape: Any, mode: str, depth: int | None) -> tuple[int | None, ...]:
    """The shape that ``encode`` gives for numbers of ``shape``."""
    shape = tuple(shape)
    if mode == "int":
        return shape
    if mode == "one_hot" and (len(shape) == 1 or (shape and shape[-1] != 1)):
        return (*shape, depth)
    return (*shape[:-1], depth)


def check_range(layer: str, numbers: Any, depth: int) -> None:
    """Numbers that are known now must be from 0 to below ``depth``.

    Raises: ValueError where one is not.
    """
    found = numbers._array if type(numbers) is Tensor else None
    if found is not None and found.size and (found.min() < 0 or found.max() >= depth):
        raise ValueError(
            f"{layer} got class numbers from {found.min()} to {found.max()}: they must be from 0 "
            f"to below {depth}."
        )
