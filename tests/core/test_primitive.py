"""Primitives: what a call remembers, and when it forgets."""

import kerasette
from kerasette import ops
from kerasette.arrays import settings


def test_numbers_follow_floatx() -> None:
    """What was bound for one default type is not used under another."""
    whole = kerasette.constant([1, 2])
    try:
        settings.set_floatx("float64")
        assert ops.power(whole, 1.5).dtype == "float64"
    finally:
        settings.set_floatx("float32")
    assert ops.power(whole, 1.5).dtype == "float32"
