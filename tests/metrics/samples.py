"""For every registered metric: arguments of its class and two batches it can take."""

import numpy as np

from kerasette import metrics

RANDOM = np.random.RandomState(3)


def two(make):
    return [make(), make()]


def reals():
    return RANDOM.randn(6, 3), RANDOM.randn(6, 3)


def positives():
    return RANDOM.uniform(0.2, 2, (6, 3)), RANDOM.uniform(0.2, 2, (6, 3))


def bits():
    return (RANDOM.rand(6, 3) < 0.5).astype("float64"), RANDOM.rand(6, 3)


def rows():
    return tuple(x / x.sum(-1, keepdims=True) for x in positives())


def sparse():
    return RANDOM.randint(0, 3, 6), rows()[0]


def one_hot():
    labels, chances = sparse()
    return np.eye(3)[labels], chances


def classes():
    return RANDOM.randint(0, 3, 6), RANDOM.randint(0, 3, 6)


def flat_bits():
    return tuple(x[:, 0] for x in bits())


def values():
    return (RANDOM.randn(6),)


SAMPLES = {
    "Mean": ({}, two(values)),
    "Sum": ({}, two(values)),
    "MeanMetricWrapper": ({"fn": metrics.huber, "delta": 0.5}, two(reals)),
    "Accuracy": ({}, two(classes)),
    "BinaryAccuracy": ({"threshold": 0.3}, two(bits)),
    "CategoricalAccuracy": ({}, two(one_hot)),
    "SparseCategoricalAccuracy": ({}, two(sparse)),
    "TopKCategoricalAccuracy": ({"k": 2}, two(one_hot)),
    "SparseTopKCategoricalAccuracy": ({"k": 2}, two(sparse)),
    "MeanSquaredError": ({}, two(reals)),
    "RootMeanSquaredError": ({}, two(reals)),
    "MeanAbsoluteError": ({}, two(reals)),
    "MeanAbsolutePercentageError": ({}, two(positives)),
    "MeanSquaredLogarithmicError": ({}, two(positives)),
    "CosineSimilarity": ({"axis": 1}, two(reals)),
    "LogCoshError": ({}, two(reals)),
    "R2Score": ({"class_aggregation": None, "num_regressors": 2}, two(reals)),
    "PearsonCorrelation": ({}, two(reals)),
    "ConcordanceCorrelation": ({}, two(reals)),
    "Hinge": ({}, two(bits)),
    "SquaredHinge": ({}, two(bits)),
    "CategoricalHinge": ({}, two(one_hot)),
    "KLDivergence": ({}, two(rows)),
    "Poisson": ({}, two(positives)),
    "BinaryCrossentropy": ({"label_smoothing": 0.1}, two(bits)),
    "CategoricalCrossentropy": ({"from_logits": True}, two(one_hot)),
    "SparseCategoricalCrossentropy": ({"ignore_class": 1}, two(sparse)),
    "TruePositives": ({"thresholds": [0.7, 0.2]}, two(bits)),
    "TrueNegatives": ({}, two(bits)),
    "FalsePositives": ({"thresholds": 0.6}, two(bits)),
    "FalseNegatives": ({}, two(bits)),
    "Precision": ({"top_k": 2, "class_id": 1}, two(bits)),
    "Recall": ({"thresholds": [0.2, 0.4]}, two(bits)),
    "SensitivityAtSpecificity": ({"specificity": 0.4, "num_thresholds": 20}, two(bits)),
    "SpecificityAtSensitivity": ({"sensitivity": 0.4}, two(bits)),
    "PrecisionAtRecall": ({"recall": 0.4, "class_id": 2}, two(bits)),
    "RecallAtPrecision": ({"precision": 0.4}, two(bits)),
    "AUC": (
        {"multi_label": True, "label_weights": [1.0, 2.0, 0.5], "thresholds": [0.2, 0.6]},
        two(bits),
    ),
    "F1Score": ({"average": "weighted", "threshold": 0.4}, two(bits)),
    "FBetaScore": ({"average": "micro", "beta": 2.0}, two(one_hot)),
    "IoU": ({"num_classes": 3, "target_class_ids": [0, 2], "ignore_class": 1}, two(classes)),
    "MeanIoU": ({"num_classes": 3, "dtype": "float32"}, two(classes)),
    "BinaryIoU": ({"target_class_ids": [1], "threshold": 0.4}, two(flat_bits)),
    "OneHotIoU": ({"num_classes": 3, "target_class_ids": [0]}, two(one_hot)),
    "OneHotMeanIoU": ({"num_classes": 3}, two(one_hot)),
}
