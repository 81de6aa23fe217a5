"""Where arrays come from: the data sets of kerasette, files, and functions of one's own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kerasette.errors import nearest

from ..config.schema_data import Arrays, Digits, FashionMnist, Function, Iris, Mnist
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


def load_file(source: Arrays, blame: Blame) -> Pairs:
    """Arrays by their names in an ``.npz`` or HDF5 file."""
    names, read = open_arrays(Path(source.path), lambda message: blame.fail("path", message))

    def array(field: str, *usual: str) -> np.ndarray | None:
        wanted = getattr(source, field)
        if wanted is not None and wanted not in names:
            blame.fail(
                field,
                f"the file has no array {wanted!r} but {_listed(names)}.{nearest(wanted, names)}",
            )
        name = wanted or next((name for name in usual if name in names), None)
        return None if name is None else read(name)

    x, y = array("x", "x", "x_train", "X"), array("y", "y", "y_train", "labels", "target")
    if x is None or y is None:
        missing = "x" if x is None else "y"
        blame.fail(
            "path",
            f"which array is {missing}? The file has {_listed(names)}; say so with data.{missing}.",
        )
    x_test, y_test = array("x_test", "x_test"), array("y_test", "y_test")
    if (x_test is None) != (y_test is None):
        missing = "x_test" if x_test is None else "y_test"
        blame.fail("path", f"the file has test data without {missing}; name both, or neither.")
    return (x, y), (None if x_test is None or y_test is None else (x_test, y_test))


def open_arrays(
    path: Path, fail: Callable[[str], Any]
) -> tuple[list[str], Callable[[str], np.ndarray]]:
    """The names of the arrays in a ``.npz``, ``.npy`` or HDF5 file, and a function that reads one.

    ``fail`` is called with a sentence, and does not return, where the file cannot be read.
    """
    suffix = path.suffix.lower()
    if not path.is_file():
        fail(f"there is no file {path}.")
    try:
        if suffix == ".npy":
            return ["x"], lambda name: np.load(path, allow_pickle=False)
        if suffix == ".npz":
            with np.load(path, allow_pickle=False) as archive:
                names = list(archive.files)
            return names, lambda name: _from_npz(path, name, fail)
        if suffix in (".h5", ".hdf5"):
            from kerasette.saving import hdf5

            with hdf5.open_file(path) as file:
                members = {name: hdf5.member(file, name) for name in hdf5.names(file)}
                names = [name for name, found in members.items() if hasattr(found, "shape")]
            return names, lambda name: _from_hdf5(path, name)
    except (OSError, ValueError, EOFError, KeyError) as error:
        fail(f"{path} cannot be read: {_first_line(error)}.")
    fail(f"a file of arrays ends in .npz, .npy, .h5 or .hdf5. Received: {path.name}.")
    raise AssertionError("fail does not return")


def _from_npz(path: Path, name: str, fail: Callable[[str], Any]) -> np.ndarray:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return archive[name]
    except ValueError as error:
        return fail(f"the array {name!r} cannot be read: {_first_line(error)}.")


def _from_hdf5(path: Path, name: str) -> np.ndarray:
    from kerasette.saving import hdf5

    with hdf5.open_file(path) as file:
        return hdf5.read(file, name)


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
            return (np.asarray(x), np.asarray(y)), (np.asarray(x_test), np.asarray(y_test))
        case (x, y):
            return (np.asarray(x), np.asarray(y)), None
    blame.fail(
        "name",
        f"{source.name} must return (x, y) or ((x, y), (x_test, y_test)); it returned "
        f"a {type(given).__name__}.",
    )


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
