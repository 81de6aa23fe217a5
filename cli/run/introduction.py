"""What is trained on what, in a line each."""

from typing import Any

from ..config.schema import Config
from ..data.parts import Prepared
from ..output import counted, size


def introduction(config: Config, data: Prepared, model: Any) -> list[tuple[str, str]]:
    """Data, model and training in a line each."""
    from kerasette.arrays.device import current_device

    weights = sum(_count(v.shape) for v in model.weights)
    held = sum(_count(v.shape) * _bytes(v.dtype) for v in model.weights)
    optimizer = type(model.optimizer).__name__
    layers = counted(len(model.layers), "layer")
    parts = [
        counted(config.fit.epochs, "epoch"),
        f"batches of {config.fit.batch_size}",
        optimizer,
        f"{current_device()}, {config.precision}",
    ]
    return [
        ("Data", f"{config.data.type} · {data.describe()}"),
        ("Model", f"{layers} · {counted(weights, 'weight')}, {size(held)}"),
        ("Training", " · ".join(parts)),
    ]


def _count(shape: Any) -> int:
    total = 1
    for length in shape:
        total *= length
    return total


def _bytes(dtype: Any) -> int:
    digits = "".join(c for c in str(dtype) if c.isdigit())
    return max(1, int(digits or 8) // 8)
