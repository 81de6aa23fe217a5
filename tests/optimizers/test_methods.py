"""Methods of single optimizers that a user may call or override."""

import numpy as np
import pytest

import kerasette as keras
from kerasette import ops


def test_muon_orthogonalises_matrices():
    muon = keras.optimizers.Muon()
    x = np.random.default_rng(0).normal(size=(3, 5)).astype("float32")
    for matrix in (x, x.T):
        found = np.array(muon.zeropower_via_newtonschulz5(ops.convert_to_tensor(matrix), 5))
        values = np.linalg.svd(found, compute_uv=False)
        assert found.shape == matrix.shape and values.min() > 0.6 and values.max() < 1.3
    np.testing.assert_array_equal(muon.transpose_last_axis(ops.convert_to_tensor(x)), x.T)
    with pytest.raises(ValueError, match="2 axes"):
        muon.zeropower_via_newtonschulz5(ops.ones((3,)), 5)


def test_muon_scales_its_updates_by_the_larger_side():
    x = ops.ones((3, 4))
    np.testing.assert_allclose(keras.optimizers.Muon(rms_rate=0.5).lr_adjust(x), np.ones((3, 4)))
    assert keras.optimizers.Muon(rms_rate=None).lr_adjust(x) is x


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_loss_scaling_sees_what_is_not_finite(value):
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD())
    good, bad = ops.ones((2,)), ops.convert_to_tensor([1.0, value])
    assert bool(optimizer.check_finite([good, None, good]))
    assert not bool(optimizer.check_finite([good, None, bad]))


def test_a_map_of_optimizers_knows_its_default():
    default = keras.optimizers.SGD()
    assert keras.optimizers.OptimizerMap(default).default_optimizer is default
