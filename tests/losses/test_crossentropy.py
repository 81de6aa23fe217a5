"""Cross-entropies at the edges: chances of 0 and 1, large logits, class numbers that are none."""

import numpy as np
import pytest

import kerasette
from kerasette import losses

CERTAIN = np.array([[0.0, 1.0], [1.0, 0.0]], "float32")


@pytest.mark.parametrize(
    "name",
    ["BinaryCrossentropy", "CategoricalCrossentropy", "BinaryFocalCrossentropy",
     "CategoricalFocalCrossentropy"],
)  # fmt: skip
@pytest.mark.parametrize("from_logits", [False, True])
def test_certain_predictions(name, from_logits):
    loss = getattr(losses, name)(from_logits=from_logits)
    scale = 1e4 if from_logits else 1.0
    for true, right in ((CERTAIN, True), (CERTAIN[::-1], False)):
        pred = kerasette.constant((2 * CERTAIN - 1) * scale if from_logits else CERTAIN)
        with kerasette.GradientTape() as tape:
            tape.watch(pred)
            value = loss(true, pred)
        assert np.all(np.isfinite(tape.gradient(value, pred)))
        assert float(value) < 1e-6 if right else 0.2 < float(value) < 1e5


def test_certain_classes():
    loss = losses.SparseCategoricalCrossentropy()
    assert float(loss([1, 0], CERTAIN)) < 1e-6
    assert np.isclose(float(loss([0, 1], CERTAIN)), -np.log(1e-7), rtol=1e-3)
    logits = losses.SparseCategoricalCrossentropy(from_logits=True)
    assert float(logits([1, 0], CERTAIN * 1e4)) == 0.0
    assert float(logits([0, 1], CERTAIN * 1e4)) == 1e4


def test_log_cosh_does_not_overflow():
    error = np.array([1e4, -1e4, 0.0], "float32")
    found = losses.LogCosh(reduction="none")(np.zeros((3, 1)), error[:, None])
    assert np.allclose(found, [1e4 - np.log(2), 1e4 - np.log(2), 0.0])


def test_logits_and_chances_agree():
    logits = np.random.RandomState(0).randn(5, 4)
    chances = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    labels = np.array([0, 1, 2, 3, 1])
    one_hot = np.eye(4)[labels]
    sparse = [
        losses.sparse_categorical_crossentropy(labels, p, from_logits=f).numpy()
        for p, f in ((logits, True), (chances, False))
    ]
    dense = [
        losses.categorical_crossentropy(one_hot, p, from_logits=f).numpy()
        for p, f in ((logits, True), (chances, False))
    ]
    for found in (*sparse, *dense):
        np.testing.assert_allclose(found, -np.log(chances[np.arange(5), labels]), rtol=1e-6)


@pytest.mark.parametrize("labels", [[0, 4], [-1, 0], [0.0, 4.0]])
@pytest.mark.parametrize(
    "name", ["SparseCategoricalCrossentropy", "CategoricalGeneralizedCrossEntropy"]
)
def test_classes_out_of_range(name, labels):
    loss = getattr(losses, name)()
    with pytest.raises(ValueError, match="must be from 0 to 3"):
        loss(np.array(labels), np.full((2, 4), 0.25))
    with pytest.raises(ValueError, match="must be from 0 to 3"):
        kerasette.function(loss)(
            kerasette.constant(labels), kerasette.constant(np.full((2, 4), 0.25))
        )


def test_ignored_class():
    labels = np.array([[0, 2, -1], [-1, 1, 0]])
    logits = np.random.RandomState(0).randn(2, 3, 4).astype("float32")
    keep = labels != -1
    each = losses.sparse_categorical_crossentropy(labels * keep, logits, from_logits=True).numpy()
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)
    assert np.isclose(float(loss(labels, logits)), each[keep].mean())
    values = losses.sparse_categorical_crossentropy(labels, logits, True, ignore_class=-1)
    assert np.allclose(values, each * keep)


def test_large_class_numbers_stay_whole():
    """In a narrow float dtype, 2049 would round to 2048."""
    logits = np.zeros((1, 2050), "float32")
    logits[0, 2049] = 50.0
    function = losses.sparse_categorical_crossentropy
    for loss in (
        losses.SparseCategoricalCrossentropy(from_logits=True, dtype="bfloat16"),
        losses.LossFunctionWrapper(function, from_logits=True, dtype="bfloat16"),
    ):
        assert float(loss(np.array([2049]), logits)) == 0.0


def test_axis_of_classes():
    logits = np.random.RandomState(0).randn(2, 4, 3)
    labels = np.array([[0, 1, 2], [3, 0, 1]])
    last = np.moveaxis(logits, 1, -1)
    first = losses.sparse_categorical_crossentropy(labels, logits, from_logits=True, axis=1)
    second = losses.sparse_categorical_crossentropy(labels, last, from_logits=True)
    assert np.allclose(first, second)
    one_hot = np.eye(4)[labels]
    smooth = {"from_logits": True, "label_smoothing": 0.1}
    first = losses.categorical_crossentropy(np.moveaxis(one_hot, -1, 1), logits, axis=1, **smooth)
    assert np.allclose(first, losses.categorical_crossentropy(one_hot, last, **smooth))


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="label_smoothing=1"):
        losses.BinaryCrossentropy(label_smoothing=1.5)
    with pytest.raises(ValueError, match="axis=True"):
        losses.categorical_crossentropy(CERTAIN, CERTAIN, axis=True)
    with pytest.raises(ValueError, match="q=1"):
        losses.CategoricalGeneralizedCrossEntropy(q=1)
    with pytest.warns(SyntaxWarning, match="binary_crossentropy"):
        losses.categorical_crossentropy(np.ones((2, 1)), np.ones((2, 1)))
