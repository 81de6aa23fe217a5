"""Whether the model, the loss and the targets fit together, said before anything is trained."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasette.errors import nearest

from ..config.nodes import KeyPath
from ..config.problems import Problems
from ..config.schema import Config
from ..data.parts import Prepared
from .outputs import output_names, spec_of

SPARSE = "sparse_categorical_crossentropy"
_ONE_HOT = ("categorical_crossentropy", "categorical_focal_crossentropy")
_OTHER = ("ctc",)  # losses whose targets have a shape of their own
_BINARY = ("binary_crossentropy", "binary_focal_crossentropy")


@dataclass
class _Output:
    """One output of the model beside its target: what the checks look at."""

    shape: tuple[Any, ...]
    y: np.ndarray
    classes: int
    one_hot: bool
    layer: KeyPath  # the layer that makes it
    loss_path: KeyPath


def loss_name(spec: Any) -> str:
    """A loss of the config in Keras's lower case, ``""`` where there is none or it is unknown."""
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
    if isinstance(data.train.y, dict):
        _check_several(model, config, data, problems, own)
        return
    shape, spec = _output_shape(model), config.compile.loss
    if shape is None or isinstance(spec, list):
        return
    classes = len(data.target.labels) if data.target.labels else 0
    last = _last_layer(config)
    one = _Output(shape, data.train.y, classes, data.target.one_hot, last, ("compile", "loss"))
    _check_one(one, spec, problems, own)


def _check_several(
    model: Any, config: Config, data: Prepared, problems: Problems, own: Collection[str]
) -> None:
    """Each target needs an output of its name, and each output with a loss a target."""
    names, targets = output_names(model), data.target.parts
    if config.fit.class_weight is not None:
        problems.add(("fit", "class_weight"), "is for one target; the data have several.")
    if not names:
        return
    for name in targets:
        if name not in names:
            hint = nearest(name, names) or f" Its outputs: {', '.join(names)}."
            problems.add(
                ("model", "outputs"),
                f"the model has no output {name!r}, for which there are targets.{hint} Name the "
                "layer that makes it as the target, and list it in model.outputs.",
            )
    if problems:
        return
    for index, name in enumerate(names):
        spec = spec_of(config.compile.loss, name, index)
        shape = model.output_shape
        if isinstance(shape, dict | list):
            shape = shape[name] if isinstance(shape, dict) else shape[index]
        if name not in targets:
            if spec is not None:
                problems.add(
                    ("model", "outputs"), f"the output {name!r} has a loss, and no targets."
                )
            continue
        target, whole = targets[name], config.compile.loss
        key: str | int | None = None
        if spec is not whole:
            key = index if isinstance(whole, list) else name
        one = _Output(
            shape,
            data.train.y[name],
            len(target.labels) if target.labels else 0,
            target.one_hot,
            _layer_of(name, config),
            ("compile", "loss") if key is None else ("compile", "loss", key),
        )
        _check_one(one, spec, problems, own)


def _check_one(one: _Output, spec: Any, problems: Problems, own: Collection[str]) -> None:
    loss = loss_name(spec)
    name = spec.get("type", "") if isinstance(spec, dict) else spec
    if not loss or name in own or loss in _OTHER:
        return
    shape, y = one.shape, one.y
    if loss == SPARSE:
        _check_sparse(one, problems)
    elif loss in _ONE_HOT and one.classes and not one.one_hot:
        problems.add(
            one.loss_path,
            f"{loss} takes rows of zeros with a one, and the targets are class numbers: "
            f"write {SPARSE}, or data.one_hot: true.",
        )
    elif shape[1:] != y.shape[1:] and not _same_but_ones(shape[1:], y.shape[1:]):
        problems.add(
            one.layer,
            f"the model gives {_size(shape)} and a target has {_size(y.shape)}"
            f"{_binary_hint(loss, one.classes)}.",
        )
    elif loss in _BINARY and one.classes > 2:
        problems.add(
            one.loss_path,
            f"{loss} is for two classes, the data have {one.classes}: write {SPARSE} and a last "
            f"layer with {one.classes} units.",
        )


def _check_sparse(one: _Output, problems: Problems) -> None:
    shape, y, classes = one.shape, one.y, one.classes
    if y.dtype.kind == "f" or not classes:
        is_rows = y.ndim > 1 and y.shape[-1] > 1
        problems.add(
            one.loss_path,
            f"{SPARSE} takes class numbers, and the targets are "
            f"{'rows' if is_rows else 'fractional numbers'}: write "
            f"{'categorical_crossentropy' if is_rows else 'mean_squared_error'}.",
        )
    elif len(shape) != y.ndim + 1:
        problems.add(
            one.layer,
            f"for one class the model must give one row of {classes} probabilities; it gives "
            f"{_size(shape)}. Is a Flatten or GlobalAveragePooling missing?",
        )
    elif shape[-1] is not None and shape[-1] < classes:
        problems.add(
            one.layer,
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


def _layer_of(name: str, config: Config) -> KeyPath:
    """The place of the layer of that name; of the model where it is not from the config."""
    for index, layer in enumerate(config.model.layers or ()):
        if isinstance(layer, dict) and layer.get("name") == name:
            return ("model", "layers", index)
    return ("model",)


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
