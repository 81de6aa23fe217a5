"""Matrix products on a GPU: cuBLASLt's, or those of a library in its place."""

import ctypes
import pathlib
import shutil
import subprocess

import numpy as np
import pytest

import kerasette
from kerasette import ops
from kerasette.arrays import device as devices
from kerasette.arrays import dtypes
from kerasette.core import kernels
from kerasette.core.spec import Spec
from kerasette.graph.fused import gemm, gemm_relu, gemm_sums
from kerasette.kernels.gpu import cublaslt, products
from kerasette.kernels.gpu import driver as drivers
from tests.gpu import standin
from tests.gpu.conftest import REAL
from tests.kernels.cuda.emulation import EmulatedDriver

SOURCE = pathlib.Path(__file__).parent / "cublaslt.cpp"
ACCURACY = {"float32": 1e-5, "float64": 1e-12, "float16": 4e-3, "bfloat16": 3e-2}
SINGLE, TF32 = 68, 77


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    if REAL:
        return None
    if shutil.which("g++") is None:
        pytest.skip("without a GPU, a library in cuBLASLt's place needs g++")
    path = tmp_path_factory.mktemp("cublaslt") / "cublaslt.so"
    command = ["g++", "-std=c++17", "-O1", "-w", "-shared", "-fPIC", "-o", str(path), str(SOURCE)]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(path))


@pytest.fixture
def library(built, tmp_path, monkeypatch):
    """The library that takes the place of cuBLASLt; ``None`` on a GPU."""
    products._relu_keeps_nan.cache_clear()
    cublaslt.handle.cache_clear()
    if not REAL:
        monkeypatch.setattr(cublaslt, "library", lambda: built)
        drivers.use(EmulatedDriver(tmp_path))
    yield built
    products._relu_keeps_nan.cache_clear()
    cublaslt.handle.cache_clear()
    if not REAL:
        drivers.use(None)


def turned(rank):
    return (("transpose", (*range(rank - 2), rank - 1, rank - 2)),)


HEADS = (("reshape", (2, 5, 3, 4)), ("transpose", (0, 2, 1, 3)))
# name -> the operands' shapes, their moves, the order of the result
VIEWS = {
    "plain": ((5, 8), (8, 7), (), (), None),
    "first turned": ((8, 5), (8, 7), turned(2), (), None),
    "second turned": ((5, 8), (7, 8), (), turned(2), None),
    "both turned": ((8, 5), (7, 8), turned(2), turned(2), None),
    "one row": ((1, 8), (8, 7), (), (), None),
    "one column": ((5, 8), (8, 1), (), (), None),
    "one row turned": ((8, 1), (8, 7), turned(2), (), None),
    "one number": ((1, 1), (1, 1), (), (), None),
    "depth of one": ((5, 1), (1, 7), (), (), None),
    "rows of a batch": ((3, 5, 8), (8, 7), (), (), None),
    "batch": ((3, 5, 8), (3, 8, 7), (), (), None),
    "batch turned": ((3, 8, 5), (3, 7, 8), turned(3), turned(3), None),
    "one for all": ((5, 8), (3, 8, 7), (), (), None),
    "another order": ((3, 5, 8), (3, 8, 7), (), (), (1, 0, 2)),
    "heads": ((2, 5, 12), (2, 5, 12), HEADS, (*HEADS, *turned(4)), None),
    "heads put back": ((2, 3, 5, 5), (2, 5, 12), (), HEADS, (0, 2, 1, 3)),
}


def given(dtype, *shapes):
    r = np.random.RandomState(4)
    return [kerasette.constant(r.standard_normal(shape), dtype)._array for shape in shapes]


def check(op, arrays, dtype, **attributes):
    specs = tuple(Spec(tuple(a.shape), dtypes.ALL[dtype]) for a in arrays)
    run = kernels.bind(op, specs, attributes, "gpu:0")
    assert type(run) is products.Product
    got = run(*arrays)
    wide = [devices.to_numpy(a).astype("float64") for a in arrays]
    wanted = op.reference(np, *wide, **attributes)
    several = isinstance(wanted, tuple)
    for one, value in zip(*((got, wanted) if several else ([got], [wanted])), strict=True):
        assert dtypes.name_of(one.dtype) == dtype and one.shape == value.shape
        close = 10 * ACCURACY[dtype]
        values = devices.to_numpy(one).astype("float64")
        np.testing.assert_allclose(values, value, rtol=close, atol=close)


@pytest.mark.parametrize("dtype", ACCURACY)
@pytest.mark.parametrize("name", VIEWS)
def test_views_of_matrices(library, name, dtype):
    first, second, moves, others, order = VIEWS[name]
    how = {"first": moves, "second": others, "order": order}
    arrays = given(dtype, first, second)
    check(gemm, arrays, dtype, **how)
    size = gemm.spec(*(Spec(s, "float32") for s in (first, second)), **how).shape[-1]
    (bias,) = given(dtype, (size,))
    check(gemm, [*arrays, bias], dtype, **how)
    check(gemm_relu, [*arrays, bias], dtype, **how)


@pytest.mark.parametrize("dtype", ACCURACY)
def test_the_sum_of_rows_comes_along(library, dtype):
    arrays = given(dtype, (6, 5, 8), (6, 5, 7))
    flat = {"first": (("reshape", (30, 8)), *turned(2)), "second": (("reshape", (30, 7)),)}
    check(gemm_sums, arrays, dtype, **flat, order=None)


def test_many_products_that_are_no_batch_are_cupys(library):
    heads = (("reshape", (70, 5, 3, 4)), ("transpose", (0, 2, 1, 3)))
    arrays = given("float32", (70, 5, 12), (70, 5, 12))
    specs = tuple(Spec(tuple(a.shape), dtypes.ALL["float32"]) for a in arrays)
    how = {"first": heads, "second": (*heads, *turned(4)), "order": None}
    assert type(kernels.bind(gemm, specs, how, "gpu:0")) is not products.Product


@pytest.mark.skipif(REAL, reason="cuBLASLt does not tell what it was asked for")
def test_tf32_is_a_switch(library):
    how = {"first": (), "second": (), "order": None}
    asked = ctypes.c_int.in_dll(library, "last_compute")
    try:
        for wanted, kind in ((False, SINGLE), (True, TF32)):
            kerasette.config.set_tf32(products=wanted)
            check(gemm, given("float32", (4, 4), (4, 4)), "float32", **how)
            assert asked.value == kind
            check(gemm, given("bfloat16", (4, 4), (4, 4)), "bfloat16", **how)
            assert asked.value == SINGLE
    finally:
        kerasette.config.set_tf32(products=False)


@pytest.mark.skipif(REAL, reason="cuBLASLt is what it is")
def test_a_relu_that_loses_nan_is_not_used(library):
    keeps = ctypes.c_int.in_dll(library, "relu_keeps_nan")
    specs = (Spec((4, 4), dtypes.ALL["float32"]),) * 2
    how = {"first": (), "second": (), "order": None}
    assert kernels.taken("gemm_relu", specs, how, "gpu:0")
    keeps.value = 0
    try:
        products._relu_keeps_nan.cache_clear()
        assert not kernels.taken("gemm_relu", specs, how, "gpu:0")
    finally:
        keeps.value = 1


def test_a_layer_is_two_products_and_so_are_its_gradients(library):
    """Bias, ReLU and the sum of the gradients are in them; numbers are those of the CPU."""
    r = np.random.RandomState(0)
    x, w, b, v = (r.standard_normal(s).astype("float32") for s in ((6, 8), (8, 5), (5,), (5, 3)))

    def step(x, w, b, v):
        with kerasette.GradientTape() as tape:
            tape.watch([w, b, v])
            hidden = ops.relu(ops.matmul(x, w) + b)
            loss = ops.sum(ops.square(ops.matmul(hidden, v) + ops.sum(v, axis=0)))
        return loss, tape.gradient(loss, [w, b, v])

    def run():
        compiled = kerasette.function(step)
        loss, found = compiled(*(kerasette.constant(a) for a in (x, w, b, v)))
        (made,) = [c for listed in compiled._compiled.values() for c in listed]
        names = [node.op.name for node in made.graph.nodes]
        return names, [ops.convert_to_numpy(part) for part in (loss, *found)]

    names, got = run()
    assert "gemm_relu" in names and "gemm_sums" in names
    with kerasette.device("cpu:0"):
        plain, wanted = run()
    assert not {"gemm_relu", "gemm_sums"} & set(plain)
    for value, expected in zip(got, wanted, strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.skipif(shutil.which("g++") is None, reason="it needs g++")
def test_the_numbers_are_those_of_its_header():
    """Where the header is: in the wheel of cuBLAS, beside those of a toolkit."""
    nvidia = [p / "nvidia" for p in map(pathlib.Path, __import__("sys").path) if p.is_dir()]
    homes = [p.parent for home in nvidia for p in home.glob("*/include/cublasLt.h")]
    toolkit = pathlib.Path("/usr/local/cuda/include")
    homes += [toolkit] if (toolkit / "cublasLt.h").exists() else []
    if not homes:
        pytest.skip("cuBLAS's header is not installed; the extra cuda13 brings it")
    flags = [f"-I{home}" for home in (homes[0], toolkit)]
    command = ["g++", "-std=c++17", "-fsyntax-only", "-DHEADER", *flags, str(SOURCE)]
    made = subprocess.run(command, capture_output=True, text=True)
    if "No such file" in made.stderr:
        pytest.skip("a header that cuBLAS's needs is not installed")
    assert made.returncode == 0, made.stderr


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_without_the_library_they_are_not_widened(dtype, compiled, monkeypatch):
    """cupy's products add 16-bit floats up in float32, too."""
    r = np.random.RandomState(0)
    x, w, b = (r.standard_normal(s).astype("float32") for s in ((3, 5, 64), (64, 7), (7,)))
    monkeypatch.setattr(cublaslt, "library", lambda: None)

    def layer(x, w, b):
        return ops.matmul(x, w) + b

    run = kerasette.function(layer) if compiled else layer
    operands = [ops.cast(kerasette.constant(value), dtype) for value in (x, w, b)]
    standin.EVENTS.clear()
    found = run(*operands)
    if not REAL:
        seen = {dtypes for kind, dtypes in standin.EVENTS if kind == "matmul"}
        assert seen == {(dtype, dtype)}
    x, w, b = (np.asarray(operand).astype("float64") for operand in operands)
    accuracy = ACCURACY[dtype]
    assert found.dtype == dtype
    np.testing.assert_allclose(
        np.asarray(found).astype("float64"), x @ w + b, rtol=accuracy, atol=4 * accuracy
    )
