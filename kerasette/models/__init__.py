"""Models: Sequential, Functional, and those made by subclassing."""

from typing import Any

from kerasette.layers.core.input_layer import Input
from kerasette.models.cloning import clone_model
from kerasette.models.functional import Functional
from kerasette.models.model import Model
from kerasette.models.sequential import Sequential

__all__ = [
    "Functional",
    "Input",
    "Model",
    "Sequential",
    "clone_model",
    "load_model",
    "model_from_json",
    "save_model",
]


def model_from_json(json_string: str, custom_objects: dict[str, Any] | None = None) -> Model:
    """A model of what ``Model.to_json`` gave, with new weights.

    Raises: ValueError for text that is no model's config.
    """
    from kerasette import saving
    from kerasette.saving.json_text import read_json

    config = read_json(json_string)
    return saving.deserialize_keras_object(config, custom_objects=custom_objects)


def __getattr__(name: str) -> Any:
    if name in ("load_model", "save_model"):  # saving is loaded when a file is
        from kerasette import saving

        return getattr(saving, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
