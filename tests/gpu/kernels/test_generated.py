"""Functions compiled for a GPU give the values of the CPU, by generated code.

Without a GPU the code runs thread by thread on the CPU, over the stand-in for cupy; with one, this
is the same code compiled by NVRTC.
"""

import shutil

import numpy as np
import pytest

import kerasette
from kerasette import ops
from kerasette.arrays import device as devices
from kerasette.arrays import dtypes
from kerasette.core import kernels
from kerasette.core.primitive import find
from kerasette.core.spec import Spec
from kerasette.kernels.gpu import driver as drivers
from kerasette.kernels.gpu.cuda.clusters import Cluster
from kerasette.kernels.gpu.cuda.pooling import Pooling
from kerasette.kernels.gpu.cuda.random import Mask
from kerasette.kernels.gpu.cuda.updates import Updates
from tests.gpu.conftest import REAL
from tests.kernels.cuda.emulation import EmulatedDriver

pytestmark = pytest.mark.skipif(
    not REAL and shutil.which("g++") is None,
    reason="without a GPU, generated CUDA C needs g++ to be run on the CPU",
)


@pytest.fixture
def driver(tmp_path):
    """The GPU's own, or one that runs the code on the CPU and remembers the launches."""
    if REAL:
        yield None
        return
    made = EmulatedDriver(tmp_path)
    drivers.use(made)
    yield made
    drivers.use(None)


def runs_of(compiled):
    """What a compiled function's plan calls."""
    (found,) = [c for listed in compiled._compiled.values() for c in listed]
    return [step[0] for step in found.execution._plan._steps]


def numbers(results):
    results = results if isinstance(results, (tuple, list)) else (results,)
    return [kerasette.ops.convert_to_numpy(value) for value in results]


def test_a_step_of_training(driver):
    """Loss and new weights; all updates of one kind are one launch."""
    x = np.random.RandomState(0).standard_normal((12, 6)).astype("float32")
    y = np.arange(12) % 3

    def trained(steps):
        kerasette.utils.set_random_seed(1)
        model = kerasette.Sequential(
            [
                kerasette.Input((6,)),
                kerasette.layers.Dense(8, activation="relu"),
                kerasette.layers.LayerNormalization(),
                kerasette.layers.Dense(3, activation="softmax"),
            ]
        )
        optimizer = kerasette.optimizers.Adam(0.01)
        optimizer.build(model.trainable_variables)

        @kerasette.function
        def step(x, y):
            with kerasette.GradientTape() as tape:
                loss = ops.mean(
                    kerasette.losses.sparse_categorical_crossentropy(y, model(x, training=True))
                )
            optimizer.apply(tape.gradient(loss, model.trainable_variables))
            return loss

        losses = [float(step(kerasette.constant(x), kerasette.constant(y))) for _ in range(steps)]
        return losses, numbers(model.weights), step

    losses, weights, step = trained(3)
    kinds = [type(run) for run in runs_of(step)]
    assert Cluster in kinds and Updates in kinds
    with kerasette.device("cpu:0"):
        wanted_losses, wanted, _ = trained(3)
    np.testing.assert_allclose(losses, wanted_losses, rtol=1e-4)
    for got, value in zip(weights, wanted, strict=True):
        np.testing.assert_allclose(got, value, rtol=2e-3, atol=2e-5)
    if driver is not None:
        many = [launch for name, launch, _ in driver.launches if name == "clusters"]
        assert 0 < len(many) < 3 * 4  # for six weights, with two moments each


@pytest.mark.parametrize("count", [1, 5, 1030])
def test_random_masks_are_those_of_the_cpu(driver, count):
    primitive = find("random_mask")
    state = np.array([7, 4000000000], "uint32")
    attributes = {"shape": (count,), "rate": 0.3}
    bound = kernels.bind(primitive, (Spec((2,), "uint32"),), attributes, "gpu:0")
    assert isinstance(bound, Mask)
    got = bound(kerasette.constant(state)._array).get()
    with kerasette.device("cpu:0"):
        wanted = numbers(primitive(kerasette.constant(state), **attributes))[0]
    np.testing.assert_array_equal(got, wanted)


POOLS = {
    "one axis": ((2, 9, 3), (2,), (2,), ((0, 1),)),
    "two axes": ((2, 7, 6, 3), (3, 2), (2, 1), ((1, 1), (0, 1))),
    "three axes": ((1, 4, 5, 4, 2), (2, 2, 3), (1, 2, 1), ((0, 0), (1, 0), (1, 1))),
    "gaps": ((1, 9, 9, 2), (2, 1), (3, 2), ((0, 0), (0, 0))),
}


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_max_pooling_and_its_gradient(driver, dtype):
    """To the bit; of equal values the first counts, and NaN and infinities stay."""
    r = np.random.RandomState(2)
    pool, gradient = find("max_pool"), find("max_pool_gradient")
    for shape, window, strides, padding in POOLS.values():
        attributes = {"window": window, "strides": strides, "padding": padding}
        x = r.randint(-3, 3, shape).astype("float32")  # many are equal
        x.flat[::17], x.flat[5::23] = np.nan, -np.inf
        with kerasette.device("cpu:0"):
            wide = kerasette.constant(x)._array
            out = pool.reference(np, wide, **attributes)
            g = r.randint(-4, 4, out.shape).astype("float32")
            wanted = gradient.reference(np, wide, out, g, **attributes)
        given = [kerasette.constant(a, dtype)._array for a in (x, out, g)]
        for op, operands, values in ((pool, given[:1], out), (gradient, given, wanted)):
            specs = tuple(Spec(a.shape, dtypes.ALL[dtype]) for a in operands)
            run = kernels.bind(op, specs, attributes, "gpu:0")
            assert type(run) is Pooling
            got = run(*operands).get().astype("float32")
            np.testing.assert_array_equal(got, values)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_average_pooling_and_its_gradient(driver, dtype):
    """Padding is not counted; NaN and infinities come through."""
    r = np.random.RandomState(3)
    pool, gradient = find("average_pool"), find("average_pool_gradient")
    for shape, window, strides, padding in POOLS.values():
        attributes = {"window": window, "strides": strides, "padding": padding}
        x = r.standard_normal(shape).astype("float32")
        x.flat[::37], x.flat[5::43] = np.nan, -np.inf
        x = kerasette.constant(x, dtype)._array
        wide = devices.to_numpy(x).astype("float32")
        out = pool.reference(np, wide.copy(), **attributes)
        g = kerasette.constant(r.standard_normal(out.shape), dtype)._array
        sizes = attributes | {"sizes": shape[1:-1]}
        wanted = gradient.reference(np, devices.to_numpy(g).astype("float32"), **sizes)
        close = 1e-2 if dtype == "bfloat16" else 1e-5
        for op, operand, how, values in ((pool, x, attributes, out), (gradient, g, sizes, wanted)):
            spec = Spec(tuple(operand.shape), dtypes.ALL[dtype])
            run = kernels.bind(op, (spec,), how, "gpu:0")
            assert type(run) is Pooling
            got = devices.to_numpy(run(operand)).astype("float32")
            np.testing.assert_allclose(got, values, rtol=close, atol=close)
