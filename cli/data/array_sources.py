"""Where arrays come from: the data sets of kerasette, files, and functions of one's own."""

from pathlib import Path
from typing import Any

import numpy as np

from kerasette.errors import nearest

from ..config.schema_data import Arrays, Digits, FashionMnist, Function, Iris, Mnist
from .array_files import ArrayFile
from .arrays import Pair
from .blame import Blame

Pairs = tuple[Pair, Pair | None]

CLOTHES = ("T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker",
           "bag", "ankle boot")  # fmt: skip


def label_names(source: Any) -> list[str] | None:
    """The names of the classes, where the data set has names for them."""
    if source.type == "iris":
        from kerasette.datasets import iris

        return list(iris.get_label_names())
    return list(CLOTHES) if source.type == "fashion_mnist" else None


def load_small(source: Digits | Iris) -> Pairs:
    """A data set that comes with kerasette."""
    from kerasette import datasets

    test = source.split.test
    options = {} if test is None else {"test_size": test}
    return getattr(datasets, source.type).load_data(**options)


def load_mnist(source: Mnist | FashionMnist, blame: Blame) -> Pairs:
    """A data set in the form of MNIST, from this machine or downloaded."""
    from kerasette import datasets

    load = getattr(datasets, source.type).load_data
    try:
        return load(source.path) if source.path else load()
    except (OSError, ValueError) as error:
        blame.fail("path" if source.path else (), str(error))


_USUAL = {
    "x": ("x", "x_train", "X"),
    "y": ("y", "y_train", "labels", "target"),
    "x_test": ("x_test",),
    "y_test": ("y_test",),
}


def load_file(source: Arrays, blame: Blame) -> tuple[Pair, Pair | None, dict[str, str]]:
    """Arrays by their names in an ``.npz`` or HDF5 file: to train with, to test with, and the names
    of the first.
    """
    file = ArrayFile(Path(source.path), lambda message: blame.fail("path", message))
    names = file.names
    wanted = {field: _wanted(source, field, names, blame) for field in _USUAL}
    for field in ("x", "y"):
        if wanted[field] is None:
            blame.add(
                "path",
                f"which array is {field}? The file has {_listed(names)}; say so with data.{field}.",
            )
    if (wanted["x_test"] is None) != (wanted["y_test"] is None):
        missing = "x_test" if wanted["x_test"] is None else "y_test"
        blame.add("path", f"the file has test data without {missing}; name both, or neither.")
    for field, test in (("x", "x_test"), ("y", "y_test")):
        if wanted[test] is not None and _keys(wanted[field]) != _keys(wanted[test]):
            blame.add(test, f"must have the same names as data.{field}.")
    blame.check()

    def arrays(field: str) -> Any:
        given = wanted[field]
        if isinstance(given, dict):
            return {key: file.read(name) for key, name in given.items()}
        return None if given is None else file.read(given)

    stored: dict[str, str] = {}
    for field in ("x", "y"):
        given = wanted[field]
        parts = given if isinstance(given, dict) else {"": given}
        stored |= {f"{field}.{key}" if key else field: name for key, name in parts.items()}
    held_back = arrays("x_test"), arrays("y_test")
    return (arrays("x"), arrays("y")), (None if held_back[0] is None else held_back), stored


def _wanted(source: Arrays, field: str, names: list[str], blame: Blame) -> Any:
    """The name or names that the config gives for a field, or one of the usual names."""
    given = getattr(source, field)
    if given is None:
        return next((name for name in _USUAL[field] if name in names), None)
    for key, name in given.items() if isinstance(given, dict) else [("", given)]:
        if name not in names:
            hint = nearest(name, names) or nearest(name.lower(), names)
            blame.add(
                (field, key) if key else field,
                f"the file has no array {name!r}.{hint} It has: {_listed(names)}.",
            )
    return given


def _keys(wanted: Any) -> set[str]:
    return set(wanted) if isinstance(wanted, dict) else set()


def load_function(source: Function, code: Any, blame: Blame) -> Pairs:
    """What a function of the file given as ``--code`` returns."""
    if code is None:
        blame.fail(
            "name", f"{source.name} is a function of your own: give its file as --code FILE."
        )
    function = code.functions.get(source.name)
    if function is None:
        hint = nearest(source.name, code.functions)
        blame.fail("name", f"{code.path} has no function {source.name}.{hint}")
    given = function(**source.arguments)
    match given:
        case ((x, y), (x_test, y_test)):
            return (_own(x), _own(y)), (_own(x_test), _own(y_test))
        case (x, y):
            return (_own(x), _own(y)), None
    blame.fail(
        "name",
        f"{source.name} must return (x, y) or ((x, y), (x_test, y_test)); it returned "
        f"a {type(given).__name__}.",
    )


def _own(given: Any) -> Any:
    """What a user's function gives for samples or targets: an array, or a dict of arrays."""
    if isinstance(given, dict):
        return {str(name): np.asarray(array) for name, array in given.items()}
    return np.asarray(given)


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"
