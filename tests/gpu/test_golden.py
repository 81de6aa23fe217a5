"""The golden cases of Keras, on the device."""

from tests.golden.test_golden import test_same_as_keras

__all__ = ["test_same_as_keras"]  # collected here, too
