"""The names of ``keras.preprocessing``: older homes of what is in ``utils``."""

from kerasette.data.image_folder import image_dataset_from_directory
from kerasette.data.text_folder import text_dataset_from_directory
from kerasette.data.time_series import timeseries_dataset_from_array
from kerasette.preprocessing import image, sequence

__all__ = [
    "image",
    "image_dataset_from_directory",
    "sequence",
    "text_dataset_from_directory",
    "timeseries_dataset_from_array",
]
