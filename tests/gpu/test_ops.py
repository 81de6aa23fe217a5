"""The samples of every primitive, on the device: the tests are those of the CPU's suite."""

from tests.ops.test_primitives import (
    test_gradient,
    test_narrow_floats,
    test_rule,
    test_second_gradient,
    test_traced_equals_eager,
    test_value,
)

__all__ = [  # collected here, too
    "test_gradient",
    "test_narrow_floats",
    "test_rule",
    "test_second_gradient",
    "test_traced_equals_eager",
    "test_value",
]
