"""Assignments while a tape records: gradients end at what is read of the variable afterwards."""

import numpy as np
import pytest

import kerasette as keras
from kerasette import ops


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("around", [lambda f: f, keras.remat], ids=["plain", "remat"])
def test_gradients_end_at_the_assigned_value(compiled, around):
    w = keras.Variable([3.0, 4.0])

    def normalized(x):
        w.assign(w / ops.norm(w))
        return ops.sum(w * x)

    def slope(x):
        with keras.GradientTape() as tape:
            y = around(normalized)(x)
        return tape.gradient(y, w)

    found = (keras.function(slope) if compiled else slope)(ops.convert_to_tensor([2.0, 5.0]))
    np.testing.assert_allclose(found, [2.0, 5.0], rtol=1e-6)
    np.testing.assert_allclose(w, [0.6, 0.8], rtol=1e-6)


def test_what_assign_returns_goes_on():
    w, x = keras.Variable(1.0), keras.Variable(2.0)
    with keras.GradientTape() as tape:
        y = w.assign(x * x) * 3.0
    assert float(tape.gradient(y, x)) == 12.0
