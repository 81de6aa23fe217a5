"""Whether the model, the loss and the targets fit together, said before anything is trained."""

from collections.abc import Collection
from typing import Any

import numpy as np

from ..config.nodes import KeyPath
from ..config.problems import Problems
from ..config.schema import Config
from ..data.parts import Prepared

SPARSE = "sparse_categorical_crossentropy"
_ONE_HOT = ("categorical_crossentropy", "categorical_focal_crossentropy")
_OTHER = ("ctc",)  # losses whose targets have a shape of their own
_BINARY = ("binary_crossentropy", "binary_focal_crossentropy")


def loss_name(config: Config) -> str:
    """The loss in Keras's lower case, ``""`` where there are several."""
    spec = config.compile.loss
    name = spec.get("type", "") if isinstance(spec, dict) else spec
    if not isinstance(name, str):
        return ""
    if name.isupper():
        return name.lower()
    spaced = "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
    return spaced.strip("_")


def check_agreement(
    model: Any, config: Config, data: Prepared, problems: Problems, own: Collection[str] = ()
) -> None:
    """Add to ``problems`` what would fail, or silently mean something else, in the first step.

    ``own`` are the names of losses of the user's own, of which nothing is known.
    """
    shape = _output_shape(model)
    y, loss = data.train.y, loss_name(config)
    spec = config.compile.loss
    name = spec.get("type", "") if isinstance(spec, dict) else spec
    if shape is None or not isinstance(name, str) or name in own or loss in _OTHER:
        return
    last = _last_layer(config)
    classes = len(data.target.labels) if data.target.labels else 0
    if loss == SPARSE:
        _check_sparse(shape, y, classes, last, problems)
    elif loss in _ONE_HOT and classes and not data.target.one_hot:
        problems.add(
            ("compile", "loss"),
            f"{loss} takes rows of zeros with a one, and the targets are class numbers: "
            f"write {SPARSE}, or data.one_hot: true.",
        )
    elif loss and shape[1:] != y.shape[1:] and not _same_but_ones(shape[1:], y.shape[1:]):
        problems.add(
            last,
            f"the model gives {_size(shape)} and a target has {_size(y.shape)}"
            f"{_binary_hint(loss, classes)}.",
        )
    elif loss in _BINARY and classes > 2:
        problems.add(
            ("compile", "loss"),
            f"{loss} is for two classes, the data have {classes}: write {SPARSE} and a last layer "
            f"with {classes} units.",
        )


def _check_sparse(
    shape: tuple[Any, ...], y: np.ndarray, classes: int, last: KeyPath, problems: Problems
) -> None:
    if y.dtype.kind == "f" or not classes:
        is_rows = y.ndim > 1 and y.shape[-1] > 1
        problems.add(
            ("compile", "loss"),
            f"{SPARSE} takes class numbers, and the targets are "
            f"{'rows' if is_rows else 'fractional numbers'}: write "
            f"{'categorical_crossentropy' if is_rows else 'mean_squared_error'}.",
        )
    elif len(shape) != y.ndim + 1:
        problems.add(
            last,
            f"for one class the model must give one row of {classes} probabilities; it gives "
            f"{_size(shape)}. Is a Flatten or GlobalAveragePooling missing?",
        )
    elif shape[-1] is not None and shape[-1] < classes:
        problems.add(
            last,
            f"the model gives {shape[-1]} probabilities and the data have {classes} classes: "
            f"set units to {classes}.",
        )


def _output_shape(model: Any) -> tuple[Any, ...] | None:
    try:
        shape = model.output_shape
    except (AttributeError, ValueError):
        return None
    return (
        shape if isinstance(shape, tuple) and all(not isinstance(s, tuple) for s in shape) else None
    )


def _last_layer(config: Config) -> KeyPath:
    layers = config.model.layers
    return ("model", "layers", len(layers) - 1) if layers else ("model",)


def _same_but_ones(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    return [s for s in a if s not in (1, None)] == [s for s in b if s != 1]


def _size(shape: tuple[Any, ...]) -> str:
    sizes = shape[1:]
    if not sizes or sizes == (1,):
        return "one number"
    if len(sizes) == 1:
        return f"{sizes[0]} numbers"
    return f"an array of {'x'.join(map(str, sizes))}"


def _binary_hint(loss: str, classes: int) -> str:
    if classes > 2:
        return f"; for {classes} classes write compile.loss: {SPARSE}"
    if loss in _BINARY:
        return "; for binary_crossentropy the last layer has one unit and activation sigmoid"
    return ""
