"""What a model gives, as people want it: classes by name with probabilities, numbers unscaled."""

from typing import Any

import numpy as np

from .parts import Target

Columns = dict[str, np.ndarray]


class Decoder:
    """Turns outputs into named columns.

    ``from_logits``: whether the outputs are no probabilities yet; for several outputs a mapping by
    their names. ``all_classes``: a column for each class.
    """

    def __init__(self, target: Target, from_logits: Any, all_classes: bool):
        self.target, self.from_logits, self.all_classes = target, from_logits, all_classes

    def decode(self, outputs: Any) -> Columns:
        """Columns of the predictions for the outputs ``(n, ...)``, or a dict of such by name."""
        if isinstance(outputs, dict):
            columns: Columns = {}
            for name, part in outputs.items():
                columns |= self._named(name, part)
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

    def _named(self, name: str, values: Any) -> Columns:
        """The columns of one of several outputs, which bear its name."""
        target = self.target.parts.get(name)
        if target is None:
            return _plain(np.asarray(values), name)
        logits = isinstance(self.from_logits, dict) and self.from_logits.get(name, False)
        found = Decoder(target, logits, self.all_classes).decode(values)
        return {
            name if column == "prediction" else f"{name} {column}".replace(" prediction", ""): part
            for column, part in found.items()
        }

    def target_columns(self, y: Any) -> Columns:
        """Columns of the targets, as they were before they were made into numbers."""
        if isinstance(y, dict):
            parts = self.target.parts
            return {
                f"{name} target": Decoder(parts[name], False, False).targets(part)
                for name, part in y.items()
            }
        return {"target": self.targets(y)}

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
