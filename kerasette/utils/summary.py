"""``summary``: a model's layers as a table of plain text."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from kerasette import tree
from kerasette.arrays import dtypes
from kerasette.core.tensor import KerasTensor
from kerasette.utils.io_utils import print_line

_WIDTH = 80


def print_summary(
    model: Any,
    line_length: int | None = None,
    positions: Any = None,
    print_fn: Callable[[str], None] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Any = None,
) -> None:
    """Print the table of ``Model.summary``; its arguments are explained there."""
    write = print_fn or print_line
    connected = not _is_stack(model)
    header = ["Layer (type)", "Output Shape", "Param #"]
    header += ["Connected to"] if connected else []
    header += ["Trainable"] if show_trainable else []
    rows = _rows(model, connected, show_trainable, expand_nested, _range(model, layer_range))
    widths = _widths(header, rows, line_length, positions)
    rule = "─" * (sum(widths) + 3 * (len(widths) - 1))
    write(f'Model: "{model.name}"')
    write(rule)
    write(_line(header, widths))
    write("━" * len(rule))
    for row in rows:
        for line in _wrapped(row, widths):
            write(line)
    write(rule)
    for line in _totals(model):
        write(line)


def _is_stack(model: Any) -> bool:
    """Whether each layer follows the one before it."""
    nodes = getattr(model, "_nodes", None)
    if nodes is None:
        return True
    return all(
        len(node.parent_nodes) <= 1 and len(node.operation._inbound_nodes) == 1 for node in nodes
    )


def _range(model: Any, layer_range: Any) -> tuple[int, int] | None:
    if layer_range is None:
        return None
    names = [layer.name for layer in model.layers]
    if len(layer_range) != 2 or any(name not in names for name in layer_range):
        raise ValueError(
            "`layer_range` must hold the names of two of the model's layers. "
            f"Received: layer_range={layer_range}."
        )
    first, last = sorted(names.index(name) for name in layer_range)
    return first, last


def _rows(
    model: Any,
    connected: bool,
    show_trainable: bool,
    expand_nested: bool,
    part: tuple[int, int] | None = None,
    depth: int = 0,
) -> list[list[str]]:
    layers = getattr(model, "operations", None) or _input_of(model) + model.layers
    if part is not None:
        layers = model.layers[part[0] : part[1] + 1]
    rows = []
    for layer in layers:
        row = [
            f"{'  ' * depth}{layer.name} ({_kind(layer)})",
            _output_shape(layer),
            _count(layer),
        ]
        if connected:
            row.append(_connections(layer, model))
        if show_trainable:
            row.append("Y" if getattr(layer, "trainable", False) else "N")
        rows.append(row)
        if expand_nested and hasattr(layer, "fit"):
            rows += _rows(layer, connected, show_trainable, True, None, depth + 1)
    return rows


def _kind(layer: Any) -> str:
    return getattr(layer, "class_name", None) or type(layer).__name__


def _input_of(model: Any) -> list[Any]:
    stack = getattr(model, "_stack", [])
    return [layer for layer in stack[:1] if type(layer).__name__ == "InputLayer"]


def _output_shape(layer: Any) -> str:
    shapes = []
    for node in layer._inbound_nodes:
        shape = tree.map_structure(_shape_text, node.outputs)
        if shape not in shapes:
            shapes.append(shape)
    if not shapes:
        return "?" if getattr(layer, "built", True) else "? (not built)"
    return ", ".join(
        shape if isinstance(shape, str) else str(shape).replace("'", "") for shape in shapes
    )


def _shape_text(leaf: Any) -> Any:
    return str(leaf.shape) if isinstance(leaf, KerasTensor) else str(leaf)


def _count(layer: Any) -> str:
    if not hasattr(layer, "weights"):
        return "0"
    if not layer.built:
        return "0 (not built)"
    return f"{layer.count_params():,}"


def _connections(layer: Any, model: Any) -> str:
    mine = set(getattr(model, "_nodes", ()))
    names = []
    for node in layer._inbound_nodes:
        if node not in mine:
            continue
        for tensor in node.input_tensors:
            operation, index, position = tensor._keras_history
            names.append(f"{operation.name}[{index}][{position}]")
    return ", ".join(names) or "-"


def _widths(
    header: list[str], rows: list[list[str]], line_length: int | None, positions: Any
) -> list[int]:
    wanted = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    limit = (line_length or _WIDTH) - 3 * (len(header) - 1)
    if positions:
        shares = [float(p) if p <= 1 else p / positions[-1] for p in positions[: len(header)]]
        steps = [b - a for a, b in zip([0.0, *shares[:-1]], shares, strict=True)]
        return [max(4, int(step * limit)) for step in steps]
    while sum(wanted) > limit and max(wanted) > 12:
        wanted[wanted.index(max(wanted))] -= 1
    return wanted


def _line(cells: list[str], widths: list[int]) -> str:
    padded = []
    for index, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        padded.append(cell.rjust(width) if index == 2 else cell.ljust(width))
    return "   ".join(padded).rstrip()


def _wrapped(cells: list[str], widths: list[int]) -> list[str]:
    """A row as lines; what is too long for its column goes on below."""
    parts = []
    for cell, width in zip(cells, widths, strict=True):
        pieces = [cell[i : i + width] for i in range(0, len(cell), width)] or [""]
        parts.append(pieces)
    height = max(len(pieces) for pieces in parts)
    return [
        _line([pieces[i] if i < len(pieces) else "" for pieces in parts], widths)
        for i in range(height)
    ]


def _totals(model: Any) -> list[str]:
    optimizer = getattr(model, "optimizer", None)
    own = [] if optimizer is None or not optimizer.built else list(optimizer.variables)
    lines = [
        _total("Total params", [*model.weights, *own]),
        _total("Trainable params", model.trainable_weights),
        _total("Non-trainable params", model.non_trainable_weights),
    ]
    return [*lines, _total("Optimizer params", own)] if own else lines


def _total(title: str, variables: list[Any]) -> str:
    count = sum(math.prod(v.shape) for v in variables)
    size = sum(math.prod(v.shape) * _bytes(v) for v in variables)
    return f" {title}: {count:,} ({readable_size(size)})"


def _bytes(variable: Any) -> int:
    return dtypes.numpy_dtype(str(variable._tensor.dtype)).itemsize


def readable_size(size: float) -> str:
    """Bytes in words.

    >>> readable_size(2048)
    '2.00 KB'
    """
    if size <= 0:
        return "0.00 B"
    power = min(int(np.log2(size) // 10), 4)
    return f"{size / 1024**power:.2f} {('B', 'KB', 'MB', 'GB', 'TB')[power]}"
