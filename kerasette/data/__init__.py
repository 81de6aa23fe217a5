"""Data in batches, fetched by index, and what is made of files in folders."""

from typing import Any

_HOMES = {
    "PyDataset": "py_dataset",
    "SampleDataset": "sample_dataset",
    "audio_dataset_from_directory": "audio_folder",
    "image_dataset_from_directory": "image_folder",
    "split_dataset": "splitting",
    "text_dataset_from_directory": "text_folder",
    "timeseries_dataset_from_array": "time_series",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Each is loaded when it is first used."""
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"kerasette.data.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
