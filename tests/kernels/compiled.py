"""What tests of kernels in plans share: compile, look that all is native, compare with eager."""

import numpy as np

import kerasette
from kerasette.graph.execution import NativeExecution

R = np.random.RandomState(0)


def steps_of(function, *args):
    """The plan's steps for these arguments: names, and whether they are native."""
    compiled = kerasette.function(function)
    compiled(*args)
    (found,) = [c for listed in compiled._compiled.values() for c in listed]
    assert isinstance(found.execution, NativeExecution)
    return compiled, [(step.node.op.name, step.native) for step in found.execution.program.steps]


def check(function, *args, steps=None, rtol=1e-5, atol=1e-6):
    """The compiled function gives what the eager one gives, all of it in machine code."""
    compiled, found = steps_of(function, *args)
    assert all(native for _, native in found), found
    if steps is not None:
        assert [name for name, _ in found] == steps
    got, wanted = compiled(*args), function(*(kerasette.constant(a) for a in args))
    got = got if isinstance(got, tuple) else (got,)
    wanted = wanted if isinstance(wanted, tuple) else (wanted,)
    for a, b in zip(got, wanted, strict=True):
        assert a.dtype == b.dtype and tuple(a.shape) == tuple(b.shape)
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=rtol, atol=atol)


def real(*shape, dtype="float32"):
    return R.standard_normal(shape).astype(dtype)
