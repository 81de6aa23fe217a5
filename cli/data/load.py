"""The data of a config, whatever they are."""

from typing import Any

from ..config.load import Loaded
from ..config.schema_data import (
    Arrays,
    ArraySource,
    Digits,
    FashionMnist,
    Function,
    Images,
    Iris,
    Mnist,
    Table,
    Text,
    TimeSeries,
)
from .blame import Blame
from .parts import Prepared


def load_data(loaded: Loaded, code: Any = None) -> Prepared:
    """The config's data, split and made into numbers. Raises ``DataProblem``."""
    source, seed, blame = loaded.config.data, loaded.config.seed, Blame(loaded.root)
    if isinstance(source, Table):
        from .table import prepare_table

        return prepare_table(source, seed, blame)
    if isinstance(source, Images):
        from .images import prepare_images

        return prepare_images(source, seed, blame)
    if isinstance(source, Text):
        from .text import prepare_text

        return prepare_text(source, seed, blame)
    if isinstance(source, TimeSeries):
        from .time_series import prepare_time_series

        return prepare_time_series(source, blame)
    return _load_arrays(source, seed, code, blame)


def _load_arrays(source: ArraySource, seed: int, code: Any, blame: Blame) -> Prepared:
    from . import array_sources
    from .arrays import prepare_arrays

    stored = None
    if isinstance(source, Digits | Iris):
        train, test = array_sources.load_small(source)
    elif isinstance(source, Mnist | FashionMnist):
        train, test = array_sources.load_mnist(source, blame)
    elif isinstance(source, Arrays):
        train, test, stored = array_sources.load_file(source, blame)
    else:
        assert isinstance(source, Function)
        train, test = array_sources.load_function(source, code, blame)
    names = array_sources.label_names(source)
    return prepare_arrays(train, test, source, seed, blame, names, stored)
