"""Matrix products of 16-bit floats: in their own type, added up in float32."""

import numpy as np
import pytest

import kerasette
from kerasette import ops
from tests.gpu import standin
from tests.gpu.conftest import REAL

X = np.random.RandomState(0).standard_normal((3, 5, 64)).astype("float32")
W = np.random.RandomState(1).standard_normal((64, 7)).astype("float32")
B = np.random.RandomState(2).standard_normal(7).astype("float32")


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_they_are_not_widened(dtype, compiled):
    def layer(x, w, b):
        return ops.matmul(x, w) + b

    run = kerasette.function(layer) if compiled else layer
    operands = [ops.cast(kerasette.constant(value), dtype) for value in (X, W, B)]
    standin.EVENTS.clear()
    found = run(*operands)
    if not REAL:
        seen = {dtypes for kind, dtypes in standin.EVENTS if kind == "matmul"}
        assert seen == {(dtype, dtype)}
    x, w, b = (np.asarray(operand).astype("float64") for operand in operands)
    accuracy = {"float16": 4e-3, "bfloat16": 3e-2}[dtype]
    assert found.dtype == dtype
    np.testing.assert_allclose(
        np.asarray(found).astype("float64"), x @ w + b, rtol=accuracy, atol=4 * accuracy
    )
