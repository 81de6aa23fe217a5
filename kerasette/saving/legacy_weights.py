"""Weights as the older ``.h5`` files hold them: a group for each layer, by the layer's name."""

import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from kerasette.arrays import dtypes
from kerasette.errors import FileError
from kerasette.saving import hdf5

KERAS_VERSION = "3.15.1"
_TOP = "top_level_model_weights"


def write_legacy_weights(model: Any, group: Any) -> None:
    """The weights of each layer in a group of its name."""
    hdf5.write_texts(group, "layer_names", [layer.name for layer in model.layers])
    group.attrs["backend"] = "kerasette"
    group.attrs["keras_version"] = KERAS_VERSION
    # In the order of names: a name that is the beginning of another comes first.
    for layer in sorted(model.layers, key=lambda layer: layer.name):
        write_list(group.create_group(layer.name), weights_of(layer))
    write_list(group.create_group(_TOP), _top_level(model))


def weights_of(layer: Any) -> list[Any]:
    """A layer's weights in the files' order: those that can be trained come first."""
    return layer.trainable_weights + layer.non_trainable_weights


def _top_level(model: Any) -> list[Any]:
    """The weights that belong to the model itself and to none of its layers."""
    below = {id(weight) for layer in model.layers for weight in layer.weights}
    return [weight for weight in weights_of(model) if id(weight) not in below]


def write_list(group: Any, variables: Iterable[Any]) -> None:
    """Store variables under their paths, which are listed in their order."""
    names: list[str] = []
    for variable in variables:
        name, number = variable.path, 0
        while name in group:  # two variables of one path
            number += 1
            name = f"{variable.path}_{number}"
        *scopes, last = name.split("/")
        hdf5.write(
            group.require_group("/".join(scopes)) if scopes else group, last, variable.numpy()
        )
        names.append(name)
    hdf5.write_texts(group, "weight_names", names)


def read_list(group: Any) -> list[np.ndarray]:
    """What ``write_list`` stored."""
    return [hdf5.read(place, last) for place, last in _listed(group)]


def list_shapes(group: Any) -> list[tuple[int, ...]]:
    """The shapes of what ``write_list`` stored, of which nothing is read."""
    return [hdf5.shape_of(place, last) for place, last in _listed(group)]


def _listed(group: Any) -> Iterator[tuple[Any, str]]:
    """The group and the name in it of each weight that a group lists."""
    for name in hdf5.texts(group, "weight_names"):
        *scopes, last = name.split("/")
        place = hdf5.at(group, "/".join(scopes))
        if place is None:
            raise FileError(f"The weight {name!r} is missing from the file.")
        yield place, last


def load_legacy_weights(
    model: Any, group: Any, skip_mismatch: bool = False, by_name: bool = False
) -> None:
    """Set the weights of each layer from the group of its name, or in the file's order.

    All are checked before any is set. Args:
        skip_mismatch: whether layers that do not fit are left as they are, with a warning.
        by_name: whether layers are found by their names; others are left as they are.

    Raises: ValueError where layers, numbers of weights or shapes differ.
    """
    if "layer_names" not in group.attrs and hdf5.subgroup(group, "model_weights") is not None:
        group = hdf5.subgroup(group, "model_weights")
    stored = [
        (name, found)
        for name in hdf5.texts(group, "layer_names")
        if (found := hdf5.subgroup(group, name)) is not None and hdf5.texts(found, "weight_names")
    ]
    if by_name:
        pairs = [(l, n, g) for n, g in stored for l in model.layers if l.name == n]  # noqa: E741
    else:
        mine = [layer for layer in model.layers if layer.weights]
        if len(mine) != len(stored):
            raise ValueError(
                f"The file has weights for {len(stored)} layers, the model has {len(mine)} layers "
                "with weights. With `by_name=True` those of the same name are loaded."
            )
        pairs = [(layer, *one) for layer, one in zip(mine, stored, strict=True)]
    chosen = [
        (f"Layer {layer.name!r}", weights_of(layer), f"the file's {name!r}", found)
        for layer, name, found in pairs
    ]
    top = hdf5.subgroup(group, _TOP)
    if top is not None and not (by_name and not _top_level(model)):
        chosen.append(("The model", _top_level(model), "the file", top))
    assigned: list[tuple[Any, np.ndarray]] = []
    for mine_is, variables, theirs_is, place in chosen:
        problem = _misfit(mine_is, variables, theirs_is, list_shapes(place))
        if not problem:
            assigned += zip(variables, read_list(place), strict=True)
        elif skip_mismatch:
            warnings.warn(f"{problem} They keep the values they have.", stacklevel=3)
        else:
            raise ValueError(problem)
    for variable, value in assigned:
        variable.assign(_typed(value, variable))


def _misfit(mine: str, variables: list[Any], theirs: str, found: list[tuple[int, ...]]) -> str:
    shapes = [v.shape for v in variables]
    if shapes == found:
        return ""
    return f"{mine} has weights of shapes {shapes}, {theirs} has {found}."


def _typed(value: np.ndarray, variable: Any) -> np.ndarray:
    """Bits, as older files hold types that HDF5 does not have, as the variable's type."""
    target = dtypes.numpy_dtype(variable._tensor.dtype)
    if value.dtype.kind == "V" and value.dtype.itemsize == target.itemsize:
        return value.view(target)
    return value
