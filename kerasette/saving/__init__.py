"""Saving and loading; turning objects into plain configurations and back."""

from kerasette.saving.custom_objects import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from kerasette.saving.file_editor import KerasFileEditor
from kerasette.saving.model_file import load_model, save_model
from kerasette.saving.serialization import deserialize_keras_object, serialize_keras_object
from kerasette.saving.weights import load_weights, save_weights
