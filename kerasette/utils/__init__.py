"""Tools around models and data, as in ``keras.utils``."""

from typing import Any

_HOMES = {
    "PyDataset": "kerasette.data.py_dataset",
    "Sequence": "kerasette.data.py_dataset",
    "clear_session": "kerasette.backend",
    "get_file": "kerasette.utils.file_utils",
    "is_keras_tensor": "kerasette.backend",
    "normalize": "kerasette.utils.numerical_utils",
    "pack_x_y_sample_weight": "kerasette.training.data",
    "pad_sequences": "kerasette.utils.sequence_utils",
    "standardize_dtype": "kerasette.arrays.dtypes",
    "to_categorical": "kerasette.utils.numerical_utils",
    "unpack_x_y_sample_weight": "kerasette.training.data",
    "set_random_seed": "kerasette.random.seed_generator",
    "CustomObjectScope": "kerasette.saving",
    "custom_object_scope": "kerasette.saving",
    "deserialize_keras_object": "kerasette.saving",
    "get_custom_objects": "kerasette.saving",
    "get_registered_name": "kerasette.saving",
    "get_registered_object": "kerasette.saving",
    "register_keras_serializable": "kerasette.saving",
    "serialize_keras_object": "kerasette.saving",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Each tool is loaded when it is first used."""
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
