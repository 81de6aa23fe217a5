"""Where floats overflow, vanish or are nothing: values and slopes, eagerly and compiled."""

import numpy as np
import pytest

import kerasette
from kerasette import GradientTape, ops
from tests.numerics.cases import CASES

TOLERANCE = {"rtol": 2e-5, "atol": 1e-6}


def tensors(case):
    return [ops.convert_to_tensor(np.asarray(x, "float32")) for x in case.operands]


def with_slopes(case):
    """The function that gives its value and its slope for each operand."""

    def run(*operands):
        with GradientTape() as tape:
            tape.watch(list(operands))
            value = case.function(*operands)
            total = ops.sum(value)
        return value, tape.gradient(total, list(operands), unconnected_gradients="zero")

    return run


@pytest.mark.parametrize("name", CASES)
def test_eagerly(name):
    case = CASES[name]
    value, slopes = with_slopes(case)(*tensors(case))
    np.testing.assert_allclose(value, np.asarray(case.values, "float32"), **TOLERANCE)
    for found, expected in zip(slopes, case.slopes, strict=bool(case.slopes)):
        if expected is not ...:
            np.testing.assert_allclose(found, np.asarray(expected, "float32"), **TOLERANCE)


@pytest.mark.parametrize("name", CASES)
def test_compiled(name):
    case = CASES[name]
    value, slopes = kerasette.function(with_slopes(case))(*tensors(case))
    np.testing.assert_allclose(value, np.asarray(case.values, "float32"), **TOLERANCE)
    for found, expected in zip(slopes, case.slopes, strict=bool(case.slopes)):
        if expected is not ...:
            np.testing.assert_allclose(found, np.asarray(expected, "float32"), **TOLERANCE)
