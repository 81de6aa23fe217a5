"""Saving and loading; turning objects into plain configurations and back."""

from kerasette.saving.custom_objects import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from kerasette.saving.serialization import deserialize_keras_object, serialize_keras_object
