"""The names of ``keras.preprocessing.sequence``."""

from kerasette.utils.sequence_utils import pad_sequences

__all__ = ["pad_sequences"]
