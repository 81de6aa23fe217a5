"""Data sets for trying and teaching: Keras's, downloaded once, and two that come with the package.

Every module has ``load_data``, which returns ``((x_train, y_train), (x_test, y_test))`` as numpy
arrays. ``digits`` and ``iris`` need no network. A module is loaded when it is first used.

>>> from kerasette import datasets
>>> (x_train, y_train), (x_test, y_test) = datasets.digits.load_data()
>>> x_train.shape, y_test.shape
((1438, 8, 8), (359,))
"""

import importlib
from types import ModuleType

__all__ = [
    "boston_housing",
    "california_housing",
    "cifar10",
    "cifar100",
    "digits",
    "fashion_mnist",
    "imdb",
    "iris",
    "mnist",
    "reuters",
]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
