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


def test_a_number_that_enters_as_it_is_stays_apart_from_one_that_is_converted() -> None:
    """``True`` in its own type is not taken for ``True`` as a float32."""
    assert ops.stop_gradient(True).dtype == "bool"
    ops.where(True, 1.0, 2.0)
    assert ops.power(kerasette.constant([1.0, 2.0]), True).dtype == "float32"
