"""Values of metrics against plain numpy and, where it is there, scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kerasette
from kerasette import metrics, ops
from kerasette.metrics.confusion import count_at, evenly_spread

RANDOM = np.random.RandomState(11)
LABELS = (RANDOM.rand(200) < 0.4).astype("float32")
SCORES = np.clip(0.35 * LABELS + 0.65 * RANDOM.rand(200), 0, 1).astype("float32")
WEIGHTS = RANDOM.rand(200).astype("float32")


def value(metric, *batch, **weights):
    return float(metric(*batch, **weights))


def test_mean_of_shapes():
    values = RANDOM.rand(4, 3, 2).astype("float32")
    assert np.isclose(value(metrics.Mean(), values), values.mean())
    each = np.array([1.0, 0.0, 2.0, 0.5], "float32")
    expected = np.average(values.mean((1, 2)), weights=each)
    assert np.isclose(value(metrics.Mean(), values, sample_weight=each), expected)
    steps = RANDOM.rand(4, 3).astype("float32")
    expected = np.average(values.mean(2), weights=steps)
    assert np.isclose(value(metrics.Mean(), values, sample_weight=steps), expected)
    assert float(metrics.Mean().result()) == 0.0
    assert np.isclose(value(metrics.Sum(), values), values.sum())
    assert value(metrics.Mean(), np.zeros((0,))) == 0.0


def test_masked_predictions():
    true, pred = np.zeros((2, 3, 1), "float32"), np.ones((2, 3, 1), "float32")
    pred[0, 2] = 7.0
    x = kerasette.constant(pred)
    x._keras_mask = kerasette.constant([[True, True, False], [True, True, True]])
    assert value(metrics.MeanSquaredError(), true, x) == 1.0


def test_counts():
    for threshold in (0.3, 0.5):
        positive = threshold < SCORES
        for name, chosen in (
            ("TruePositives", positive & (LABELS == 1)),
            ("FalsePositives", positive & (LABELS == 0)),
            ("TrueNegatives", ~positive & (LABELS == 0)),
            ("FalseNegatives", ~positive & (LABELS == 1)),
        ):
            made = getattr(metrics, name)
            assert value(made(threshold), LABELS, SCORES) == chosen.sum()
            weighted = value(made(threshold), LABELS, SCORES, sample_weight=WEIGHTS)
            assert np.isclose(weighted, (chosen * WEIGHTS).sum(), rtol=1e-5)


def test_thresholds_in_any_order():
    metric = metrics.Precision(thresholds=[0.8, 0.1, 0.5])
    found = metric(LABELS, SCORES).numpy()
    alone = [value(metrics.Precision(thresholds=t), LABELS, SCORES) for t in (0.8, 0.1, 0.5)]
    assert np.allclose(found, alone)
    assert metric.thresholds == [0.8, 0.1, 0.5]


@given(
    st.lists(st.integers(0, 8), min_size=1, max_size=6),
    st.lists(st.tuples(st.booleans(), st.integers(-4, 20), st.integers(0, 3)), max_size=12),
)
@settings(max_examples=60, deadline=None)
def test_counts_of_any_scores(eighths, rows):
    """Scores and thresholds that often are equal, in any order, with weights."""
    thresholds = np.array(eighths) / 8
    true, scores, weights = (
        np.array(x, "float32") for x in zip(*(rows or [(0, 0, 0)]), strict=True)
    )
    scores = scores / 16
    found = count_at(thresholds, true, scores, weights, dtype="float32")
    above = scores[None] > thresholds[:, None]
    if evenly_spread(np.sort(thresholds)):
        above = np.clip(scores, 0, 1)[None] > thresholds[:, None]
    for counted, side, label in (
        (found.true_positives, above, 1),
        (found.false_positives, above, 0),
        (found.true_negatives, ~above, 0),
        (found.false_negatives, ~above, 1),
    ):
        expected = (side * (true == label) * weights).sum(1)
        assert np.array_equal(counted.numpy(), expected)


def test_scores_at_thresholds_and_outside():
    """A score at the threshold is not above it; NaN is above none."""
    metric = metrics.TruePositives(thresholds=[0.0, 0.5, 1.0])
    ones = np.ones(7, "float32")
    scores = np.array([0.0, 0.5, 1.0, 0.25, 1.5, -1.0, np.nan], "float32")
    assert metric(ones, scores).numpy().tolist() == [4.0, 2.0, 0.0]
    metric = metrics.TruePositives(thresholds=[0.0, 0.6])
    assert metric(ones, scores).numpy().tolist() == [4.0, 2.0]


def test_top_k_and_class():
    true = np.array([[0, 1, 1], [1, 0, 0]], "float32")
    pred = np.array([[0.9, 0.2, 0.3], [0.1, 0.8, 0.4]], "float32")
    assert value(metrics.Precision(top_k=2), true, pred) == 0.25
    assert np.isclose(value(metrics.Recall(top_k=2), true, pred), 1 / 3)
    assert value(metrics.Recall(class_id=2, thresholds=0.2), true, pred) == 1.0
    with pytest.raises(ValueError, match="class_id=3"):
        metrics.Recall(class_id=3)(true, pred)


@pytest.mark.parametrize("curve", ["ROC", "PR", "PRGAIN"])
@pytest.mark.parametrize("method", ["interpolation", "majoring", "minoring"])
def test_auc_is_a_sum_over_thresholds(curve, method):
    thresholds = np.concatenate([[-1e-7], np.arange(1, 29) / 29, [1 + 1e-7]])
    tp, fp, tn, fn = (
        np.array([((t < SCORES) == p)[y == LABELS].sum() for t in thresholds], float)
        for p, y in ((True, 1), (True, 0), (False, 0), (False, 1))
    )
    recall = tp / (tp + fn)
    with np.errstate(all="ignore"):
        precision = np.nan_to_num(tp / (tp + fp))
        if curve == "ROC":
            x, y = fp / (fp + tn), recall
        elif curve == "PR":
            x, y = recall, precision
        else:
            odds = (tp + fn) / (tn + fp)
            x = np.where(tp == 0, 0, np.maximum(1 - odds * fn / tp, 0))
            y = np.where(tp == 0, 1, 1 - odds * fp / tp)
    if curve == "PR" and method == "interpolation":
        expected = 0.0  # the area under precision between counts that grow linearly
        for a, b in zip(range(29), range(1, 30), strict=True):
            steps = np.linspace(0, 1, 20001)
            right = tp[b] + steps * (tp[a] - tp[b])
            found = right / np.maximum(right + fp[b] + steps * (fp[a] - fp[b]), 1e-12)
            expected += np.trapezoid(found, right / (tp[b] + fn[b]))
    else:
        heights = {
            "interpolation": (y[:-1] + y[1:]) / 2,
            "majoring": np.maximum(y[:-1], y[1:]),
            "minoring": np.minimum(y[:-1], y[1:]),
        }[method]
        expected = ((x[:-1] - x[1:]) * heights).sum()
    metric = metrics.AUC(num_thresholds=30, curve=curve, summation_method=method)
    assert np.isclose(value(metric, LABELS, SCORES), expected, atol=1e-4)


def test_auc_by_label():
    true = (RANDOM.rand(50, 3) < 0.5).astype("float32")
    pred = RANDOM.rand(50, 3).astype("float32")
    each = [value(metrics.AUC(), true[:, i], pred[:, i]) for i in range(3)]
    assert np.isclose(value(metrics.AUC(multi_label=True), true, pred), np.mean(each))
    weighted = metrics.AUC(multi_label=True, label_weights=[1.0, 2.0, 3.0])
    assert np.isclose(value(weighted, true, pred), np.average(each, weights=[1, 2, 3]))
    logits = np.log(pred / (1 - pred))
    assert np.isclose(
        value(metrics.AUC(from_logits=True), true, logits),
        value(metrics.AUC(), true, pred),
        atol=1e-3,
    )
    assert float(metrics.AUC(multi_label=True).result()) == 0.0


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("SensitivityAtSpecificity", "specificity"),
        ("SpecificityAtSensitivity", "sensitivity"),
        ("PrecisionAtRecall", "recall"),
        ("RecallAtPrecision", "precision"),
    ],
)
def test_best_rate_where_another_is_reached(name, field):
    thresholds = np.linspace(0, 1, 50)
    with np.errstate(all="ignore"):
        positive = SCORES[None] > thresholds[:, None]
        tp, fp = (positive * LABELS).sum(1), (positive * (1 - LABELS)).sum(1)
        recall = tp / LABELS.sum()
        rates = {
            "recall": recall,
            "sensitivity": recall,
            "precision": np.nan_to_num(tp / (tp + fp)),
            "specificity": 1 - fp / (1 - LABELS).sum(),
        }
    wanted = name.partition("At")[0].lower()
    for least in (0.2, 0.8, 1.0):
        expected = np.max(np.where(rates[field] >= least, rates[wanted], 0))
        metric = getattr(metrics, name)(least, num_thresholds=50)
        assert np.isclose(value(metric, LABELS, SCORES), expected)
    with pytest.raises(ValueError, match=f"`{field}` must be from 0 to 1"):
        getattr(metrics, name)(1.5)


def test_against_scikit_learn():
    reference = pytest.importorskip("sklearn.metrics")
    auc = metrics.AUC(num_thresholds=2000)
    assert np.isclose(
        value(auc, LABELS, SCORES), reference.roc_auc_score(LABELS, SCORES), atol=2e-3
    )
    weighted = reference.roc_auc_score(LABELS, SCORES, sample_weight=WEIGHTS)
    auc = metrics.AUC(num_thresholds=2000)
    assert np.isclose(value(auc, LABELS, SCORES, sample_weight=WEIGHTS), weighted, atol=2e-3)
    hard = SCORES > 0.5
    for name, score in (("Precision", "precision_score"), ("Recall", "recall_score")):
        expected = getattr(reference, score)(LABELS, hard, sample_weight=WEIGHTS)
        found = value(getattr(metrics, name)(), LABELS, SCORES, sample_weight=WEIGHTS)
        assert np.isclose(found, expected)
    true = (RANDOM.rand(60, 4) < 0.4).astype("float32")
    pred = RANDOM.rand(60, 4).astype("float32")
    rows = RANDOM.rand(60).astype("float32")
    for average in ("micro", "macro", "weighted", None):
        for beta in (0.5, 1.0, 2.0):
            expected = reference.fbeta_score(
                true, pred > 0.5, beta=beta, average=average, sample_weight=rows
            )
            metric = metrics.FBetaScore(average=average, beta=beta, threshold=0.5)
            assert np.allclose(metric(true, pred, sample_weight=rows), expected, atol=1e-5)
    real, guess = RANDOM.randn(2, 60, 4)
    for theirs, ours in (
        ("uniform_average", "uniform_average"),
        ("variance_weighted", "variance_weighted_average"),
        ("raw_values", None),
    ):
        expected = reference.r2_score(real, guess, multioutput=theirs, sample_weight=rows)
        found = metrics.R2Score(class_aggregation=ours)(real, guess, sample_weight=rows)
        if ours != "variance_weighted_average":
            assert np.allclose(found, expected, rtol=1e-4)
        else:
            assert np.isclose(found, expected, rtol=1e-3)
    a, b = RANDOM.randint(0, 4, (2, 100))
    expected = reference.jaccard_score(a, b, average=None)
    assert np.isclose(value(metrics.MeanIoU(4), a, b), expected.mean(), atol=1e-5)
    assert np.isclose(value(metrics.IoU(4, [1, 3]), a, b), expected[[1, 3]].mean(), atol=1e-5)
    scores = RANDOM.rand(100, 4).astype("float32")
    expected = reference.top_k_accuracy_score(a, scores, k=2)
    assert np.isclose(value(metrics.SparseTopKCategoricalAccuracy(k=2), a, scores), expected)


def test_correlations():
    a, b = RANDOM.randn(2, 5, 40)
    expected = [np.corrcoef(x, y)[0, 1] for x, y in zip(a, b, strict=True)]
    assert np.allclose(metrics.pearson_correlation(a, b), expected)
    expected = [
        2 * np.cov(x, y, ddof=0)[0, 1] / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)
        for x, y in zip(a, b, strict=True)
    ]
    assert np.allclose(metrics.concordance_correlation(a, b), expected, atol=1e-6)


def test_r2_is_adjusted_where_there_are_samples_enough():
    true, pred = np.arange(6.0)[:, None], np.arange(6.0)[:, None] + 0.5 * RANDOM.randn(6, 1)
    plain = value(metrics.R2Score(), true, pred)
    adjusted = value(metrics.R2Score(num_regressors=2), true, pred)
    assert np.isclose(adjusted, 1 - (1 - plain) * 5 / 3, rtol=1e-5)
    with pytest.warns(UserWarning, match="not adjusted"):
        assert np.isclose(value(metrics.R2Score(num_regressors=5), true, pred), plain)


def test_overlaps():
    metric = metrics.MeanIoU(3, ignore_class=255)
    assert np.isclose(value(metric, [[0, 1], [255, 2]], [[0, 1], [1, 1]]), (1 + 0.5 + 0) / 3)
    assert metric.total_cm.dtype == "int32" and metric.dtype == "int32"
    assert np.isclose(value(metrics.IoU(3, [0]), [0, 1], [0, 7]), 1.0)  # 7 is no class
    scores = np.array([[0.9, 0.1], [0.4, 0.6]])
    assert np.isclose(value(metrics.IoU(2, [1], sparse_y_pred=False), [0, 1], scores), 1.0)
    assert np.isclose(
        value(metrics.BinaryIoU([0, 1], 0.3), [0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7]), 1 / 3
    )
    floats = metrics.MeanIoU(2, dtype="float32")
    found = value(floats, [0, 0, 1, 1], [0, 1, 0, 1], sample_weight=[0.3, 0.3, 0.3, 0.1])
    assert np.isclose(found, (0.3 / 0.9 + 0.1 / 0.7) / 2, atol=1e-6)


def test_accuracies():
    assert value(metrics.BinaryAccuracy(), [[1], [1], [0], [0]], [[0.98], [1], [0], [0.6]]) == 0.75
    assert (
        value(metrics.SparseCategoricalAccuracy(), [[2], [1]], [[0.1, 0.6, 0.3], [0.05, 0.95, 0]])
        == 0.5
    )
    assert metrics.sparse_categorical_accuracy([[[1], [0]]], [[[0.1, 0.9], [0.1, 0.9]]]).shape == (
        1,
        2,
    )
    ids = np.array([[2, 1, 0], [1, 0, 2]])
    metric = metrics.SparseTopKCategoricalAccuracy(k=1, from_sorted_ids=True)
    assert value(metric, [2, 2], ids) == 0.5
    pred = ops.softmax(RANDOM.randn(2, 3, 7))
    assert metrics.top_k_categorical_accuracy(np.eye(7)[[[1, 2, 3], [4, 5, 6]]], pred).shape == (
        2,
        3,
    )


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: metrics.Precision(thresholds=[0.5, 1.5]), r"Received: 1\.5"),
        (lambda: metrics.Precision(thresholds=[]), "at least one"),
        (lambda: metrics.AUC(num_thresholds=1), "num_thresholds=1"),
        (lambda: metrics.AUC(curve="roc2"), "curve='ROC2'"),
        (lambda: metrics.AUC(summation_method="mean"), "summation_method='mean'"),
        (lambda: metrics.AUC(num_labels=3), "multi_label=True"),
        (lambda: metrics.AUC(multi_label=True)([0, 1], [0.5, 0.5]), "`y_pred` must have shape"),
        (lambda: metrics.PrecisionAtRecall(0.5, num_thresholds=0), "num_thresholds=0"),
        (lambda: metrics.FBetaScore(average="mean"), "average='mean'"),
        (lambda: metrics.FBetaScore(beta=0.0), "beta="),
        (lambda: metrics.F1Score(threshold=2.0), "threshold="),
        (lambda: metrics.F1Score()([0, 1], [0.5, 0.5]), "F1Score takes"),
        (lambda: metrics.R2Score(class_aggregation="mean"), "class_aggregation='mean'"),
        (lambda: metrics.R2Score(num_regressors=-1), "num_regressors=-1"),
        (lambda: metrics.R2Score()([1.0], [1.0]), "R2Score takes"),
        (lambda: metrics.IoU(2, [2]), "Received: 2"),
        (lambda: metrics.MeanIoU(2)([0, 1], [0, 1, 1]), "Received: 2 and 3"),
        (lambda: metrics.MeanIoU(2)([0, 1], [0, 1], [1, 1, 1]), "3 weights for 2"),
        (lambda: metrics.BinaryAccuracy(threshold=2), "threshold=2"),
        (lambda: metrics.CategoricalAccuracy()([[0, 1]], [[0.1, 0.9], [0, 1]]), "`y_true`"),
        (lambda: metrics.TopKCategoricalAccuracy()([[0, 1]], [[0.1, 0.9], [0, 1]]), "`y_true`"),
        (lambda: metrics.Recall()([0, 1], [0.1, 0.9, 0.5]), "must have the same shape"),
        (lambda: metrics.Accuracy()([0, 1], [1, 0, 1]), "do not fit together"),
    ],
)
def test_errors(make, match):
    with pytest.raises(ValueError, match=match):
        make()
