"""For every registered loss: arguments of its class, targets, predictions, and its formula."""

import math

import numpy as np

from kerasette import losses

RANDOM = np.random.RandomState(7)
TRUE, PRED = RANDOM.randn(4, 3), RANDOM.randn(4, 3)
POSITIVE = RANDOM.uniform(0.2, 2.0, (4, 3))
CHANCES = RANDOM.uniform(0.1, 0.9, (4, 3))
ROWS = CHANCES / CHANCES.sum(-1, keepdims=True)
BITS = np.array([[0, 1, 1], [1, 0, 0], [0, 0, 1], [1, 1, 0]], "float64")
CLASSES = np.array([0, 2, 1, 1], "int32")
ONE_HOT = np.eye(3)[CLASSES]
UNIT = PRED / np.linalg.norm(PRED, axis=1, keepdims=True)


def cosine(t, p):
    return -np.sum(t * p, -1) / np.linalg.norm(t, axis=-1) / np.linalg.norm(p, axis=-1)


def huber(t, p, delta=1.0):
    e = np.abs(p - t)
    return np.where(e <= delta, 0.5 * e**2, delta * e - 0.5 * delta**2).mean(-1)


def binary(t, p):
    return -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean(-1)


def focal(t, p):
    chance = np.where(t == 1, p, 1 - p)
    return (-((1 - chance) ** 2) * np.log(chance)).mean(-1)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def dice(t, p):
    return np.asarray(1 - 2 * (t * p).sum() / (t.sum() + p.sum()))


def tversky(t, p):
    both = (t * p).sum()
    return np.asarray(1 - both / (both + 0.3 * (t * (1 - p)).sum() + 0.7 * (p * (1 - t)).sum()))


def circle(labels, vectors, gamma=4.0, margin=0.25):
    found = []
    for i, a in enumerate(vectors):
        near, far = [], []
        for j, b in enumerate(vectors):
            d = max(1 - a @ b, 0.0)
            if i != j and labels[i] == labels[j]:
                near.append(gamma * (d + margin) * (d - margin))
            elif labels[i] != labels[j]:
                far.append(gamma * max(1 + margin - d, 0) * (1 - margin - d))
        found.append(math.log1p(np.exp(near).sum() * np.exp(far).sum()))
    return np.array(found)


def ctc(labels, logits):
    """The sum over all paths, each written out."""
    found = []
    for wanted, scores in zip(labels, softmax(logits), strict=True):
        total = 0.0
        for path in np.ndindex(*[scores.shape[1]] * scores.shape[0]):
            kept = [c for i, c in enumerate(path) if c and (i == 0 or path[i - 1] != c)]
            if kept == [c for c in wanted if c]:
                total += np.prod([scores[i, c] for i, c in enumerate(path)])
        found.append(-math.log(total))
    return np.array(found)


# class: arguments, targets, predictions, formula of the values before reduction
SAMPLES = {
    "MeanSquaredError": ({}, TRUE, PRED, lambda t, p: ((t - p) ** 2).mean(-1)),
    "MeanAbsoluteError": ({}, TRUE, PRED, lambda t, p: np.abs(t - p).mean(-1)),
    "MeanAbsolutePercentageError": (
        {},
        TRUE,
        PRED,
        lambda t, p: 100 * np.abs((t - p) / t).mean(-1),
    ),
    "MeanSquaredLogarithmicError": (
        {},
        POSITIVE,
        CHANCES,
        lambda t, p: ((np.log1p(t) - np.log1p(p)) ** 2).mean(-1),
    ),
    "CosineSimilarity": ({"axis": 1}, TRUE, PRED, cosine),
    "Huber": ({"delta": 0.5}, TRUE, PRED, lambda t, p: huber(t, p, 0.5)),
    "LogCosh": ({}, TRUE, PRED, lambda t, p: np.log(np.cosh(p - t)).mean(-1)),
    "Hinge": ({}, BITS * 2 - 1, PRED, lambda t, p: np.maximum(1 - t * p, 0).mean(-1)),
    "SquaredHinge": (
        {},
        BITS,
        PRED,
        lambda t, p: (np.maximum(1 - (2 * t - 1) * p, 0) ** 2).mean(-1),
    ),
    "CategoricalHinge": (
        {},
        ONE_HOT,
        POSITIVE,
        lambda t, p: np.maximum(((1 - t) * p).max(-1) - (t * p).sum(-1) + 1, 0),
    ),
    "KLDivergence": ({}, ROWS, ROWS[::-1], lambda t, p: (t * np.log(t / p)).sum(-1)),
    "Poisson": ({}, POSITIVE, CHANCES, lambda t, p: (p - t * np.log(p)).mean(-1)),
    "BinaryCrossentropy": (
        {"label_smoothing": 0.2},
        BITS,
        CHANCES,
        lambda t, p: binary(t * 0.8 + 0.1, p),
    ),
    "BinaryFocalCrossentropy": ({"gamma": 2.0}, BITS, CHANCES, focal),
    "CategoricalCrossentropy": (
        {"label_smoothing": 0.3},
        ONE_HOT,
        ROWS,
        lambda t, p: -((t * 0.7 + 0.1) * np.log(p)).sum(-1),
    ),
    "CategoricalFocalCrossentropy": (
        {"alpha": [0.2, 0.3, 0.5], "gamma": 1.5},
        ONE_HOT,
        ROWS,
        lambda t, p: -(np.array([0.2, 0.3, 0.5]) * (1 - p) ** 1.5 * t * np.log(p)).sum(-1),
    ),
    "SparseCategoricalCrossentropy": (
        {"from_logits": True},
        CLASSES,
        PRED,
        lambda t, p: -np.log(softmax(p)[np.arange(4), t]),
    ),
    "CategoricalGeneralizedCrossEntropy": (
        {"q": 0.7},
        CLASSES,
        ROWS,
        lambda t, p: (1 - p[np.arange(4), t] ** 0.7) / 0.7,
    ),
    "Dice": ({}, BITS, CHANCES, dice),
    "Tversky": ({"alpha": 0.3, "beta": 0.7}, BITS, CHANCES, tversky),
    "Circle": ({"gamma": 4.0, "margin": 0.25}, CLASSES, UNIT, circle),
    "CTC": ({}, np.array([[1, 2], [2, 0]], "int32"), RANDOM.randn(2, 4, 3), ctc),
    "LossFunctionWrapper": (
        {"fn": losses.huber, "delta": 0.5},
        TRUE,
        PRED,
        lambda t, p: huber(t, p, 0.5),
    ),
}
