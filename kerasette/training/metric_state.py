"""The state of metrics, some of which are only made at the first batch."""

from typing import Any

import numpy as np

from kerasette.core.variable import eager_scope


class LateMetrics:
    """Something that holds metrics, and makes them in ``build``, at the first batch.

    A state that is loaded before that waits until then.
    """

    built = False
    metrics: Any
    _waiting: list[Any] | None = None

    def state(self) -> list[np.ndarray]:
        """The values of the metrics' variables."""
        if self._waiting is not None:
            return self._waiting
        return values(self.metrics)

    def load_state(self, saved: list[Any]) -> None:
        """Put back what ``state`` gave."""
        if self.built:
            put(self.metrics, saved)
        else:
            self._waiting = saved

    def reset_state(self) -> None:
        """Begin all metrics anew."""
        self._waiting = None
        for metric in self.metrics:
            metric.reset_state()

    def _now_built(self) -> None:
        self.built = True
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            put(self.metrics, waiting)


def values(metrics: Any) -> list[np.ndarray]:
    """The values of the variables of these metrics."""
    with eager_scope():
        return [np.asarray(variable) for metric in metrics for variable in metric.variables]


def put(metrics: Any, saved: list[Any]) -> None:
    """Set the variables of these metrics.

    Raises: ValueError where they are of other metrics.
    """
    variables = [variable for metric in metrics for variable in metric.variables]
    shapes = [tuple(np.shape(value)) for value in saved]
    if shapes != [variable.shape for variable in variables]:
        names = [metric.name for metric in metrics]
        raise ValueError(
            f"The saved state is of other metrics than {names}: it has values of shapes {shapes}."
        )
    with eager_scope():
        for variable, value in zip(variables, saved, strict=True):
            variable.assign(value)
