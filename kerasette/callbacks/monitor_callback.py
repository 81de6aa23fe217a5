"""``MonitorCallback``: what callbacks share that watch one number get better or worse."""

import warnings
from typing import Any

import numpy as np

from kerasette.callbacks.callback import Callback
from kerasette.errors import nearest

_MODES = ("auto", "min", "max")
_LESS_IS_BETTER = (
    "loss", "error", "crossentropy", "hinge", "poisson", "divergence", "logcosh", "log_cosh",
    "falsepositives", "falsenegatives", "false_positives", "false_negatives",
)  # fmt: skip
_MORE_IS_BETTER = (
    "accuracy", "auc", "precision", "recall", "score", "iou", "cosinesimilarity",
    "cosine_similarity", "correlation", "sensitivity", "specificity", "truepositives",
    "truenegatives", "true_positives", "true_negatives",
)  # fmt: skip


class MonitorCallback(Callback):
    """Watches one entry of ``logs``; a base for EarlyStopping and others.

    Args:
        monitor: the name of the number, such as "val_loss".
        mode: "min" where less is better, "max" where more is, "auto" to go by the metric.
        baseline: the first value to be better than.
        min_delta: the least change that counts.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        mode: str = "auto",
        baseline: float | None = None,
        min_delta: float = 0,
    ):
        super().__init__()
        if mode not in _MODES:
            warnings.warn(
                f'`mode` must be "auto", "min" or "max"; "auto" is used. Received: mode={mode!r}.',
                stacklevel=3,
            )
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best = baseline
        self.min_delta = abs(min_delta)
        self._sign: int | None = {"max": 1, "min": -1}.get(mode)

    def is_improvement(self, value: Any, reference: Any) -> bool:
        """Whether ``value`` is better than ``reference`` by more than ``min_delta``.

        Raises: ValueError where it is not known which way is better.
        """
        if reference is None:
            return True
        if self._sign is None:
            self._sign = self._direction()
        return bool(self._sign * (value - reference) > self.min_delta)

    def monitored(self, logs: Any) -> Any:
        """The number that is watched, or ``None`` with a warning that says what there is."""
        logs = logs or {}
        value = logs.get(self.monitor)
        if value is None:
            hint = nearest(self.monitor, list(logs))
            warnings.warn(
                f"{type(self).__name__} watches {self.monitor!r}, which is not there: the logs "
                f"hold {sorted(logs)}.{hint}",
                stacklevel=3,
            )
        elif np.ndim(value) > 0:
            warnings.warn(
                f"{type(self).__name__} needs one number; {self.monitor!r} is an array of shape "
                f"{np.shape(value)}.",
                stacklevel=3,
            )
            return None
        return value

    def _direction(self) -> int:
        """1 where more is better, -1 where less is."""
        name = self.monitor.removeprefix("val_")
        if name == "loss" or name.endswith("_loss"):
            return -1
        for metric in self.model.metrics:
            if metric.name == name or name.endswith(f"_{metric.name}"):
                own = getattr(metric, "_direction", None)
                if own in ("up", "down"):
                    return 1 if own == "up" else -1
                words = f"{type(metric).__name__} {metric.name}".lower()
                if any(word in words for word in _LESS_IS_BETTER):
                    return -1
                if metric.name == "acc" or any(word in words for word in _MORE_IS_BETTER):
                    return 1
        raise ValueError(
            f"{type(self).__name__} cannot tell whether {self.monitor!r} is better when it is more "
            'or less: give `mode="max"` or `mode="min"`.'
        )
