"""Reductions, sample weights, masks, shapes that fit and that do not."""

import numpy as np
import pytest

import kerasette
from kerasette import losses, ops

TRUE = np.array([[0.0, 2.0], [1.0, 1.0], [3.0, 0.0]], "float32")
PRED = np.array([[1.0, 2.0], [3.0, 1.0], [0.0, 4.0]], "float32")
EACH = ((TRUE - PRED) ** 2).mean(-1)
WEIGHT = np.array([1.0, 0.0, 3.0], "float32")


def mse(reduction="sum_over_batch_size", **arguments):
    return losses.MeanSquaredError(reduction=reduction, **arguments)


def masked(values, mask):
    x = kerasette.constant(values)
    x._keras_mask = kerasette.constant(mask)
    return x


def test_reductions():
    assert np.allclose(mse("none")(TRUE, PRED), EACH)
    assert np.allclose(mse(None)(TRUE, PRED), EACH)
    assert np.isclose(mse("sum")(TRUE, PRED), EACH.sum())
    for mean in ("sum_over_batch_size", "mean", "mean_with_sample_weight"):
        assert np.isclose(mse(mean)(TRUE, PRED), EACH.mean())
    with pytest.raises(ValueError, match="Received: reduction='average'"):
        mse("average")


def test_sample_weights():
    for weight in (WEIGHT, WEIGHT[:, None], WEIGHT.tolist()):
        values = mse("none")(TRUE, PRED, sample_weight=weight)
        assert np.allclose(ops.reshape(values, (3,)), EACH * WEIGHT)
        for mean in ("sum_over_batch_size", "mean"):
            assert np.isclose(mse(mean)(TRUE, PRED, sample_weight=weight), (EACH * WEIGHT).mean())
        weighted = mse("mean_with_sample_weight")(TRUE, PRED, sample_weight=weight)
        assert np.isclose(weighted, np.average(EACH, weights=WEIGHT))
    assert np.isclose(mse("sum")(TRUE, PRED, sample_weight=2.0), 2 * EACH.sum())
    nothing = mse("mean_with_sample_weight")(TRUE, PRED, sample_weight=np.zeros(3))
    assert float(nothing) == 0.0


def test_weights_of_whole_samples_and_of_steps():
    true, pred = np.random.RandomState(0).rand(2, 3, 3, 4).astype("float32")
    each = ((true - pred) ** 2).mean(-1)  # (3, 3)
    steps = np.arange(9, dtype="float32").reshape(3, 3)
    found = mse("none")(true, pred, sample_weight=WEIGHT)
    assert np.allclose(found, each * WEIGHT[:, None])  # for samples, not for steps
    assert np.allclose(mse("none")(true, pred, sample_weight=steps), each * steps)
    found = mse("mean_with_sample_weight")(true, pred, sample_weight=WEIGHT)
    assert np.isclose(found, np.average(each, weights=np.repeat(WEIGHT[:, None], 3, 1)))


def test_masks():
    true, pred = np.random.RandomState(0).rand(2, 2, 3, 4).astype("float32")
    each = ((true - pred) ** 2).mean(-1)
    mask = np.array([[True, True, False], [True, False, False]])
    for mean in ("sum_over_batch_size", "mean", "mean_with_sample_weight"):
        assert np.isclose(mse(mean)(true, masked(pred, mask)), each[mask].mean())
    assert np.isclose(mse("sum")(true, masked(pred, mask)), each[mask].sum())
    assert np.allclose(mse("none")(true, masked(pred, mask)), np.where(mask, each, 0))
    weight = np.array([2.0, 1.0], "float32")
    weights = np.where(mask, weight[:, None], 0)
    found = mse("mean_with_sample_weight")(true, masked(pred, mask), sample_weight=weight)
    assert np.isclose(found, np.average(each, weights=weights))
    assert float(mse()(true, masked(pred, np.zeros_like(mask)))) == 0.0


def test_masked_values_need_not_be_numbers():
    pred = np.where([[True], [True], [False]], PRED, np.nan).astype("float32")
    x = masked(pred, np.array([True, True, False]))
    assert np.isclose(mse()(TRUE, x), EACH[:2].mean())


def test_masks_and_weights_inside_a_trace():
    mask = np.array([True, False, True])

    def run(pred, mask, weight):
        pred = pred * 1.0
        pred._keras_mask = mask
        return mse()(TRUE, pred, sample_weight=weight)

    arguments = [kerasette.constant(a) for a in (PRED, mask, WEIGHT)]
    assert np.isclose(kerasette.function(run)(*arguments), run(*arguments))


def test_empty_batch():
    for reduction in ("sum", "mean", "mean_with_sample_weight"):
        found = mse(reduction)(np.zeros((0, 2)), np.zeros((0, 2)))
        assert found.shape == () and float(found) == 0.0
    assert mse("none")(np.zeros((0, 2)), np.zeros((0, 2))).shape == (0,)


def test_ranks_that_match():
    assert np.isclose(mse()([1.0, 2.0, 3.0], [[1.0], [2.0], [5.0]]), 4 / 3)
    assert np.isclose(mse()([[1.0], [2.0], [3.0]], [1.0, 2.0, 5.0]), 4 / 3)
    assert mse("none")(np.zeros((2, 3, 1)), np.zeros((2, 3))).shape == (2,)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_dtypes(dtype):
    found = mse(dtype=dtype)(TRUE.astype("int32"), PRED)
    assert found.dtype == dtype and np.isclose(float(found), EACH.mean(), rtol=1e-2)
    assert losses.mean_squared_error(TRUE.astype("int32"), ops.cast(PRED, dtype)).dtype == dtype
    assert mse(dtype=kerasette.DTypePolicy("mixed_float16")).dtype == "float16"


def test_fractions_of_targets_are_kept_for_whole_predictions():
    assert float(losses.mean_absolute_error([0.5, 0.5], kerasette.constant([0, 0]))) == 0.5


@pytest.mark.parametrize(
    ("loss", "true", "pred", "message"),
    [
        ("mean_squared_error", (3, 4), (3, 5), "do not fit together"),
        ("huber", (2, 3), (4, 3), r"y_true.shape=\(2, 3\), y_pred.shape=\(4, 3\)"),
        ("hinge", (3, 4), (3, 5), "do not fit together"),
        ("dice", (3, 4), (3, 5), "do not fit together"),
        ("binary_crossentropy", (3, 4), (3, 5), "must have the same shape"),
        ("categorical_crossentropy", (3,), (3, 4), "sparse_categorical_crossentropy"),
        ("sparse_categorical_crossentropy", (3, 4), (3, 4), "one-hot"),
        ("sparse_categorical_crossentropy", (2,), (3, 4), "without its axis of classes"),
        ("circle", (3,), (4, 2), "embeddings"),
        ("ctc", (2, 3), (2, 3), "steps, classes"),
    ],
)
def test_shapes_that_do_not_fit(loss, true, pred, message):
    with pytest.raises(ValueError, match=message):
        losses.get(loss)(np.zeros(true), np.zeros(pred))


@pytest.mark.parametrize("weight", [(4,), (2, 3), (2, 2)])
def test_weights_that_do_not_fit(weight):
    with pytest.raises(ValueError, match=r"`sample_weight` .* losses of shape \(3, 2\)"):
        mse()(np.zeros((3, 2, 4)), np.zeros((3, 2, 4)), sample_weight=np.ones(weight))
