"""What a model gives, as people want it: classes by name with probabilities, numbers unscaled."""

from typing import Any

import numpy as np

from .parts import Target

Columns = dict[str, np.ndarray]


class Decoder:
    """Turns outputs into named columns.

    ``from_logits``: the outputs are no probabilities yet. ``all_classes``: a column for each class.
    """

    def __init__(self, target: Target, from_logits: bool, all_classes: bool):
        self.target, self.from_logits, self.all_classes = target, from_logits, all_classes

    def decode(self, outputs: Any) -> Columns:
        """Columns of the predictions for the outputs ``(n, ...)``."""
        if isinstance(outputs, dict):
            outputs = list(outputs.values())
        if isinstance(outputs, list | tuple):
            columns: Columns = {}
            for index, part in enumerate(outputs):
                columns |= _plain(np.asarray(part), f"prediction_{index}")
            return columns
        values = np.asarray(outputs, "float64")
        labels = self.target.labels
        if labels is not None and values.ndim == 2 and values.shape[1] >= len(labels):
            return self._classes(_softmax(values) if self.from_logits else values, labels)
        if labels is not None and len(labels) == 2 and values.size == len(values):
            second = values.reshape(-1, 1)
            second = 1 / (1 + np.exp(-second)) if self.from_logits else second
            return self._classes(np.concatenate([1 - second, second], axis=1), labels)
        if self.target.scaler is not None:
            values = self.target.scaler.invert(values)
        return _plain(values, "prediction")

    def targets(self, y: np.ndarray) -> np.ndarray:
        """Targets as they were before they were made into numbers."""
        if self.target.labels is not None:
            numbers = y.argmax(axis=1) if y.ndim == 2 and y.shape[1] > 1 else y.reshape(-1)
            return np.array(self.target.labels, object)[numbers.astype(int)]
        values = np.asarray(y, "float64")
        values = self.target.scaler.invert(values) if self.target.scaler else values
        return values.reshape(len(values), -1)[:, 0] if values.size == len(values) else values

    def _classes(self, probabilities: np.ndarray, labels: list[str]) -> Columns:
        best = probabilities[:, : len(labels)].argmax(axis=1)
        columns: Columns = {
            "prediction": np.array(labels, object)[best],
            "probability": probabilities[np.arange(len(best)), best],
        }
        if self.all_classes:
            columns |= {f"p({label})": probabilities[:, i] for i, label in enumerate(labels)}
        return columns


def _plain(values: np.ndarray, name: str) -> Columns:
    if values.size == len(values):
        return {name: values.reshape(-1)}
    flat = values.reshape(len(values), -1)
    return {f"{name}_{index}": flat[:, index] for index in range(flat.shape[1])}


def _softmax(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
