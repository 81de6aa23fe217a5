"""Tensors of Python's numbers and lists: which dtype they get, and that no digit is lost."""

import numpy as np
import pytest

import kerasette
from kerasette import ops


@pytest.mark.parametrize("make", [kerasette.constant, ops.convert_to_tensor])
def test_a_wide_dtype_takes_all_digits(make):
    assert float(make(0.1, "float64")) == 0.1
    assert make([0.1, 0.2], "float64").tolist() == [0.1, 0.2]
    assert make([[1, 2**40 + 1]], "int64").tolist() == [[1, 2**40 + 1]]
    assert make([0.1 + 0.2j], "complex128").tolist() == [0.1 + 0.2j]


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (0.1, "float32"),
        ([0.1], "float32"),
        ([1, 2], "int32"),
        ([1, 2**40], "int64"),
        ([True], "bool"),
        ([0.1j], "complex64"),
        (np.array([0.1]), "float64"),
        ([np.float64(0.1)], "float32"),
    ],
)
def test_default_dtypes(value, dtype):
    assert kerasette.constant(value).dtype == dtype


def test_assigned_numbers_keep_all_their_digits():
    variable = kerasette.Variable(0.0, dtype="float64")
    variable.assign(0.7)
    assert float(variable) == 0.7
    variable = kerasette.Variable([0.0, 0.0], dtype="float64")
    variable.assign([0.7, 1 / 3])
    assert variable.numpy().tolist() == [0.7, 1 / 3]
