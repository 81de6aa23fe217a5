"""Tools around models and data, as in ``keras.utils``."""

from typing import Any

_HOMES = {
    "Config": "utils.config",
    "CustomObjectScope": "saving",
    "FeatureSpace": "utils.feature_space",
    "Progbar": "utils.progbar",
    "PyDataset": "data.py_dataset",
    "Sequence": "data.py_dataset",
    "array_to_img": "utils.image_utils",
    "audio_dataset_from_directory": "data.audio_folder",
    "clear_session": "backend",
    "custom_object_scope": "saving",
    "deserialize_keras_object": "saving",
    "disable_interactive_logging": "utils.io_utils",
    "enable_interactive_logging": "utils.io_utils",
    "get_custom_objects": "saving",
    "get_file": "utils.file_utils",
    "get_registered_name": "saving",
    "get_registered_object": "saving",
    "get_source_inputs": "utils.model_visualization",
    "image_dataset_from_directory": "data.image_folder",
    "img_to_array": "utils.image_utils",
    "is_interactive_logging_enabled": "utils.io_utils",
    "is_keras_tensor": "backend",
    "load_img": "utils.image_utils",
    "model_to_dot": "utils.model_visualization",
    "normalize": "utils.numerical_utils",
    "pack_x_y_sample_weight": "training.data",
    "pad_sequences": "utils.sequence_utils",
    "plot_model": "utils.model_visualization",
    "register_keras_serializable": "saving",
    "save_img": "utils.image_utils",
    "serialize_keras_object": "saving",
    "set_random_seed": "random.seed_generator",
    "split_dataset": "data.splitting",
    "standardize_dtype": "arrays.dtypes",
    "text_dataset_from_directory": "data.text_folder",
    "timeseries_dataset_from_array": "data.time_series",
    "to_categorical": "utils.numerical_utils",
    "unpack_x_y_sample_weight": "training.data",
}

__all__ = sorted([*_HOMES, "bounding_boxes"])


def __getattr__(name: str) -> Any:
    """Each tool is loaded when it is first used."""
    import importlib

    if name == "bounding_boxes":
        return importlib.import_module("kerasette.utils.bounding_boxes")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"kerasette.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
