"""Cross-entropies, classes as vectors, and temporal classification, against all ways to say it."""

import itertools

import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st

import kerasette
from kerasette import KerasTensor, ops
from tests.ops.gradients import check, gradients
from tests.ops.samples import between, normal, whole

CHANCES = scipy.special.softmax(normal(3, 4), axis=-1)
TARGETS = scipy.special.softmax(normal(3, 4, seed=1), axis=-1)


# --- chances --------------------------------------------------------------------------------------


def test_binary():
    t, p = between(0, 1, 3, 4), between(0.01, 0.99, 3, 4, seed=1)
    expected = -(t * np.log(p) + (1 - t) * np.log(1 - p))
    np.testing.assert_allclose(ops.binary_crossentropy(t, p), expected, rtol=1e-9)
    logits = np.log(p / (1 - p))
    np.testing.assert_allclose(ops.binary_crossentropy(t, logits, True), expected, rtol=1e-9)
    check(ops.binary_crossentropy, t, p)
    check(lambda t, x: ops.binary_crossentropy(t, x, True), t, logits)


def test_binary_from_logits_is_exact():
    """To the last places of both certain answers, where chances would be rounded to 0 and 1."""
    x = np.array([-1e4, -90, -17.3, 0.0, 17.3, 90, 1e4])
    for dtype, places in (("float64", 1e-12), ("float32", 1e-6)):
        for target in (0.0, 1.0):
            logits = kerasette.constant(x, dtype)
            targets = ops.full((7,), target, dtype)
            found = ops.binary_crossentropy(targets, logits, from_logits=True)
            expected = -scipy.special.log_expit(x if target else -x)
            np.testing.assert_allclose(found, expected, rtol=places, atol=1e-30)
            slope = gradients(lambda x, t=targets: ops.binary_crossentropy(t, x, True), logits)[0]
            expected = -scipy.special.expit(-x) if target else scipy.special.expit(x)
            weights = gradients(lambda x: x, logits)[0]
            np.testing.assert_allclose(slope / weights, expected, rtol=places, atol=1e-7)


def test_slope_of_binary_from_logits_at_zero():
    x = kerasette.constant(np.zeros(2))
    with kerasette.GradientTape() as tape:
        tape.watch(x)
        y = ops.binary_crossentropy(np.array([0.0, 1.0]), x, from_logits=True)
    np.testing.assert_allclose(tape.gradient(y, x), [0.5, -0.5])


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_certain_and_wrong(dtype):
    """Chances of 0 and 1 are kept away from them: the loss is finite, in 16 bits, too."""
    wrong = ops.binary_crossentropy(ops.cast([0.0, 1.0], dtype), ops.cast([1.0, 0.0], dtype))
    assert wrong.dtype == dtype
    np.testing.assert_allclose(ops.cast(wrong, "float64"), 16, rtol=0.02)
    output = ops.cast([[0.0, 1.0]], dtype)
    for loss in (
        ops.categorical_crossentropy(ops.cast([[1.0, 0.0]], dtype), output),
        ops.sparse_categorical_crossentropy([0], output),
    ):
        assert loss.dtype == dtype
        np.testing.assert_allclose(ops.cast(loss, "float64"), 16.1, rtol=0.02)


@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_categorical(axis):
    t, p = TARGETS, CHANCES * 3  # chances need not add up to 1
    shares = p / p.sum(axis, keepdims=True)
    expected = -(t * np.log(shares)).sum(axis)
    np.testing.assert_allclose(ops.categorical_crossentropy(t, p, axis=axis), expected, rtol=1e-9)
    logits = normal(3, 4)
    expected = -(t * scipy.special.log_softmax(logits, axis)).sum(axis)
    found = ops.categorical_crossentropy(t, logits, True, axis)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    check(lambda t, x: ops.categorical_crossentropy(t, x, True, axis), t, logits)
    check(lambda t, p: ops.categorical_crossentropy(t, p, False, axis), t, p)


@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_sparse_is_categorical_of_one_hot(axis):
    logits = normal(3, 4, 5)
    labels = whole(0, logits.shape[axis], *np.delete(logits.shape, axis))
    one_hot = ops.one_hot(labels, logits.shape[axis], axis=axis, dtype="float64")
    for x, from_logits in ((logits, True), (scipy.special.softmax(logits, axis), False)):
        expected = ops.categorical_crossentropy(one_hot, x, from_logits, axis)
        for target in (labels, np.expand_dims(labels, axis), labels.astype("float32")):
            found = ops.sparse_categorical_crossentropy(target, x, from_logits, axis)
            np.testing.assert_allclose(found, expected, rtol=1e-9)
        check(lambda x, f=from_logits: ops.sparse_categorical_crossentropy(labels, x, f, axis), x)


def test_logits_far_from_zero():
    logits = np.array([[1e4, -1e4, 0.0]], "float32")
    np.testing.assert_allclose(ops.sparse_categorical_crossentropy([1], logits, True), [2e4])
    np.testing.assert_allclose(ops.sparse_categorical_crossentropy([0], logits, True), [0])
    target = np.array([[0, 1.0, 0]], "float32")
    np.testing.assert_allclose(ops.categorical_crossentropy(target, logits, True), [2e4])


@pytest.mark.parametrize("labels", [[3], [-1], [0, 5, 1]])
def test_labels_out_of_range(labels):
    words = rf"from 0 to 2, as there are 3 classes. Received: labels from {min(labels)} to"
    logits = ops.zeros((len(labels), 3))
    with pytest.raises(ValueError, match=words):
        ops.sparse_categorical_crossentropy(labels, logits, True)
    compiled = kerasette.function(lambda t, x: ops.sparse_categorical_crossentropy(t, x, True))
    with pytest.raises(ValueError, match=words):
        compiled(kerasette.constant(labels), logits)


def test_unknown_batch():
    output = KerasTensor((None, 7, 5))
    found = ops.sparse_categorical_crossentropy(KerasTensor((None, 7), "int32"), output)
    assert found.shape == (None, 7)
    assert ops.categorical_crossentropy(output, output).shape == (None, 7)
    assert ops.binary_crossentropy(output, output).shape == (None, 7, 5)
    assert ops.one_hot(KerasTensor((None, 7), "int32"), 5, axis=1).shape == (None, 5, 7)
    assert ops.multi_hot(KerasTensor((None, 7), "int32"), 5).shape == (None, 5)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ops.binary_crossentropy([1.0], [[0.5]]), "same shape"),
        (lambda: ops.categorical_crossentropy([[1.0, 0.0]], [0.5, 0.5]), "same shape"),
        (lambda: ops.categorical_crossentropy(1.0, 0.5), "an axis of classes"),
        (lambda: ops.sparse_categorical_crossentropy([[0, 1]], [[0.5, 0.5]]), "without its axis"),
        (lambda: ops.sparse_categorical_crossentropy([0], [[0.5, 0.5]], axis=2), "axis=2"),
        (lambda: ops.one_hot([0], 2, sparse=True), "sparse=True"),
        (lambda: ops.one_hot([0], 2, axis=3), "axis=3"),
        (lambda: ops.multi_hot([0]), "num_classes=None"),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ValueError, match=words):
        call()


# --- classes as vectors ---------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [-1, 0, 1, 2])
def test_one_hot(axis):
    labels = whole(-1, 5, 2, 3)
    found = ops.one_hot(labels, 4, axis=axis)
    expected = np.moveaxis(labels[..., None] == np.arange(4), -1, axis)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == "float32"
    assert ops.one_hot(labels.astype("uint8"), 4, dtype="int8").dtype == "int8"


def test_multi_hot():
    np.testing.assert_array_equal(ops.multi_hot([3, 1, 9, -1, 3], 5), [0, 1, 0, 1, 0])
    found = ops.multi_hot([[0, 1], [2, 2]], 3, dtype="int32")
    np.testing.assert_array_equal(found, [[1, 1, 0], [0, 0, 1]])
    assert found.dtype == "int32"
    np.testing.assert_array_equal(ops.multi_hot([[0, 1], [2, 2]], 3, axis=1), found)
    np.testing.assert_array_equal(ops.multi_hot([[0, 1], [2, 2]], num_tokens=3), found)
    assert ops.multi_hot(np.zeros((2, 3, 4), "int32"), 5).shape == (2, 4, 5)
    with pytest.raises(TypeError, match="'depth'"):
        ops.multi_hot([0], 3, depth=3)


# --- labels without times -------------------------------------------------------------------------


def _said(way, blank):
    merged = [label for label, _ in itertools.groupby(way)]
    return tuple(label for label in merged if label != blank)


def _all_ways(scores, blank):
    """The log chance of everything that can be said in these steps."""
    sums = {}
    for way in itertools.product(range(scores.shape[1]), repeat=len(scores)):
        said = _said(way, blank)
        score = sum(scores[step, label] for step, label in enumerate(way))
        sums[said] = np.logaddexp(sums.get(said, -np.inf), score)
    return sums


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_ctc_loss_adds_up_all_ways(data):
    steps, classes = data.draw(st.integers(1, 4)), data.draw(st.integers(2, 3))
    blank, count = data.draw(st.integers(0, classes - 1)), data.draw(st.integers(1, 3))
    others = [label for label in range(classes) if label != blank]
    target = data.draw(
        st.lists(
            st.lists(st.sampled_from(others), min_size=count, max_size=count),
            min_size=2,
            max_size=2,
        )
    )
    labels = [data.draw(st.integers(0, count)) for _ in range(2)]
    lengths = [data.draw(st.integers(1, steps)) for _ in range(2)]
    logits = normal(2, steps, classes, seed=data.draw(st.integers(0, 9)))
    found = np.asarray(ops.ctc_loss(target, logits, labels, lengths, blank))
    scores = scipy.special.log_softmax(logits, axis=-1)
    for index in range(2):
        ways = _all_ways(scores[index, : lengths[index]], blank)
        expected = -ways.get(tuple(target[index][: labels[index]]), -np.inf)
        np.testing.assert_allclose(found[index], expected, rtol=1e-9)


def test_gradient_of_ctc_loss():
    target, lengths = np.array([[1, 2, 2], [3, 0, 0]]), np.array([3, 1])

    def loss(x):
        return ops.ctc_loss(target, x, lengths, np.array([6, 4]))

    check(loss, normal(2, 6, 4), slack=1e-5)
    slope = gradients(loss, kerasette.constant(normal(2, 6, 4)))[0]
    assert not np.any(slope[1, 4:])  # steps beyond the length count for nothing
    np.testing.assert_allclose(np.sum(slope, axis=-1), 0, atol=1e-12)


def test_ctc_loss_of_certain_scores():
    """Certain scores give 0 for what they say and very much, but no NaN, for what they do not."""
    scores = ops.one_hot([[1, 1, 0, 2, 2]] * 3, 4) * 1e4
    target = np.array([[1, 2], [1, 3], [2, 2]])
    found = ops.ctc_loss(target, scores, [2, 2, 2], [5, 5, 5])
    np.testing.assert_allclose(found, [0, 2e4, 2e4], rtol=1e-3)
    slope = gradients(lambda x: ops.ctc_loss(target, x, [2, 2, 2], [5, 5, 5]), scores)[0]
    assert np.isfinite(slope).all()


def test_ctc_loss_takes_what_comes_after_the_labels():
    scores = kerasette.constant(normal(1, 4, 3))
    one = ops.ctc_loss([[1, 0, 0]], scores, [1], [4])
    np.testing.assert_allclose(ops.ctc_loss([[1, -1, 99]], scores, [1], [4]), one)


def test_ctc_loss_in_a_graph():
    x, target = kerasette.constant(normal(2, 5, 3)), np.array([[1, 2], [2, 0]])
    call = lambda x: ops.ctc_loss(target, x, [2, 1], [5, 3])  # noqa: E731
    np.testing.assert_allclose(kerasette.function(call)(x), call(x), rtol=1e-12)
    found = ops.ctc_loss(
        KerasTensor((None, 2), "int32"),
        KerasTensor((None, 5, 3)),
        KerasTensor((None,), "int32"),
        KerasTensor((None,), "int32"),
    )
    assert found.shape == (None,)


@pytest.mark.parametrize("merge", [True, False])
@pytest.mark.parametrize("blank", [0, 2, None])
def test_greedy_decoding(merge, blank):
    scores, lengths = normal(4, 7, 3), np.array([7, 5, 1, 3])
    labels, found = ops.ctc_decode(
        scores, lengths, merge_repeated=merge, mask_index=blank, strategy="greedy"
    )
    assert labels.shape == (1, 4, 7)
    assert labels.dtype == "int32"
    silent = 2 if blank is None else blank
    for index, length in enumerate(lengths):
        way = scores[index, :length].argmax(axis=-1)
        said = _said(way, silent) if merge else tuple(label for label in way if label != silent)
        np.testing.assert_array_equal(labels[0, index], (*said, *[-1] * (7 - len(said))))
        np.testing.assert_allclose(found[index], [-scores[index, :length].max(-1).sum()])


@pytest.mark.parametrize("blank", [0, 2])
def test_beam_search_finds_the_best(blank):
    """With a beam that loses nothing it gives what all ways together say is the likeliest."""
    scores, lengths = normal(3, 5, 3), np.array([5, 3, 4])
    labels, found = ops.ctc_decode(
        scores, lengths, "beam_search", beam_width=300, top_paths=4, mask_index=blank
    )
    assert labels.shape == (4, 3, 5)
    assert found.shape == (3, 4)
    chances = scipy.special.log_softmax(scores, axis=-1)
    for index, length in enumerate(lengths):
        ways = _all_ways(chances[index, :length], blank)
        best = sorted(ways, key=lambda said: -ways[said])[:4]
        np.testing.assert_allclose(found[index], [ways[said] for said in best], rtol=1e-9)
        for place, said in enumerate(best):
            np.testing.assert_array_equal(labels[place, index], (*said, *[-1] * (5 - len(said))))


def test_beam_search_with_a_narrow_beam_is_worse_at_most():
    scores = normal(1, 9, 4)
    wide = ops.ctc_decode(scores, [9], "beam_search", beam_width=500)[1]
    narrow = ops.ctc_decode(scores, [9], "beam_search", beam_width=2)[1]
    assert float(narrow[0, 0]) <= float(wide[0, 0]) + 1e-9


def test_fewer_paths_than_wanted():
    labels, found = ops.ctc_decode(ops.zeros((1, 1, 2)), [1], "beam_search", 9, top_paths=5)
    np.testing.assert_array_equal(labels[:, 0, 0], [-1, 1, -1, -1, -1])
    np.testing.assert_allclose(found[0], [np.log(0.5)] * 2 + [-np.inf] * 3, rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ops.ctc_loss([[1]], ops.zeros((3, 4)), [1], [3]), "batch, steps, classes"),
        (lambda: ops.ctc_loss([1], ops.zeros((1, 3, 4)), [1], [3]), "batch, labels"),
        (lambda: ops.ctc_loss([[1]], ops.zeros((1, 3, 4)), [[1]], [3]), "target_length"),
        (lambda: ops.ctc_loss([[1]], ops.zeros((1, 3, 4)), [1], [3, 3]), "output_length"),
        (lambda: ops.ctc_decode(ops.zeros((1, 3, 4)), [3], "best"), "strategy='best'"),
        (lambda: ops.ctc_decode(ops.zeros((1, 3, 4)), [3, 3]), "sequence_lengths"),
    ],
)
def test_bad_input_of_ctc(call, words):
    with pytest.raises(ValueError, match=words):
        call()
