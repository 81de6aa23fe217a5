"""What tests of oneDNN's kernels share: they are skipped where the library is missing."""

import os

import numpy as np
import pytest

from kerasette.arrays import dtypes
from kerasette.core import kernels
from kerasette.core.spec import Spec
from kerasette.kernels.cpu.onednn.library import in_words, onednn
from kerasette.kernels.native import NativeKernel

if onednn() is None:
    pytest.skip(in_words(), allow_module_level=True)
if os.environ.get("KERASETTE_KERNELS") == "0":
    pytest.skip("kernels are switched off", allow_module_level=True)

TOLERANCE = {"float32": 2e-6, "bfloat16": 8e-3}  # of the greatest value


def numbers(shape, seed=0, dtype="float32"):
    """Normal numbers."""
    values = np.random.default_rng(seed).standard_normal(shape)
    return values.astype(dtypes.numpy_dtype(dtype))


def bound(op, operands, attributes):
    """What is bound for ``op``."""
    specs = tuple(Spec(x.shape, dtypes.name_of(x.dtype)) for x in operands)
    return kernels.bind(op, specs, attributes, "cpu:0")


def check(op, operands, attributes, always=True):
    """Compare the kernel with the reference code, computed in float64.

    Returns: whether there is a kernel.
    """
    run = bound(op, operands, attributes)
    if not isinstance(run, NativeKernel):
        assert not always, f"no kernel for {op.name} {attributes}"
        return False
    dtype = dtypes.name_of(operands[0].dtype)
    exact = [x.astype("float64") for x in operands]
    expected = op.reference(np, *exact, **attributes)
    got = run(*operands)
    assert got.dtype == operands[0].dtype and got.shape == expected.shape
    scale = max(np.abs(expected).max(), 1e-30)
    np.testing.assert_allclose(
        got.astype("float64") / scale, expected / scale, atol=TOLERANCE[dtype], rtol=0
    )
    return True
