"""``Progbar``: a progress bar for loops of one's own."""

import sys
import time
from typing import Any

import numpy as np


class Progbar:
    """Shows how far a loop is, with values that go along.

    Args:
        target: the number of steps; ``None`` where it is not known.
        width: taken as in Keras; the bar takes the room there is.
        verbose: 0 for nothing, 1 for a bar, 2 for a line at the end.
        interval: seconds at least between two updates.
        stateful_metrics: names of values that are shown as they are; others are averaged.
        stateless_metrics: names of values that are averaged; others are shown as they are.
        unit_name: what a step is called.

    >>> bar = kerasette.utils.Progbar(3, verbose=0)
    >>> for step in range(3):
    ...     bar.add(1, values=[("loss", 0.5)])

    Raises: ValueError where both kinds of names are given.
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Any = None,
        stateless_metrics: Any = None,
        unit_name: str = "step",
    ):
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError("Give `stateful_metrics` or `stateless_metrics`, not both.")
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.unit_name = unit_name
        self.stateful_metrics = None if stateful_metrics is None else set(stateful_metrics)
        self.stateless_metrics = None if stateless_metrics is None else set(stateless_metrics)
        self._seen = 0
        self._sums: dict[str, tuple[float, int]] = {}
        self._last = 0.0
        self._started = time.perf_counter()
        self._bar: Any = None

    def _is_averaged(self, name: str) -> bool:
        if self.stateless_metrics is not None:
            return name in self.stateless_metrics
        return name not in (self.stateful_metrics or ())

    def add(self, n: int, values: Any = None) -> None:
        """Go ``n`` steps on; ``values`` is a list of ``(name, value)``."""
        self.update(self._seen + n, values)

    def update(self, current: int, values: Any = None, finalize: bool | None = None) -> None:
        """Be at step ``current``; ``finalize``: whether this is the last time."""
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        steps = max(current - self._seen, 1)
        for name, value in values or ():
            number = float(np.mean(value))
            total, count = self._sums.get(name, (0.0, 0))
            if finalize or not self._is_averaged(name):
                self._sums[name] = (number, 1)
            else:
                self._sums[name] = (total + number * steps, count + steps)
        self._seen = current
        now = time.perf_counter()
        if self.verbose == 1 and (finalize or now - self._last >= self.interval):
            self._last = now
            self._show(finalize)
        elif self.verbose == 2 and finalize:
            took = now - self._started
            words = "".join(f" - {name}: {value:.4f}" for name, value in self._averages().items())
            print(f"{current}/{self.target or current} - {took:.1f}s{words}", flush=True)

    def _averages(self) -> dict[str, float]:
        return {name: total / count for name, (total, count) in self._sums.items()}

    def _show(self, finalize: bool) -> None:
        if self._bar is None:
            from tqdm.auto import tqdm

            self._bar = tqdm(
                total=self.target, unit=self.unit_name, file=sys.stdout, dynamic_ncols=True
            )
        self._bar.n = self._seen
        self._bar.set_postfix({k: f"{v:.4f}" for k, v in self._averages().items()}, refresh=True)
        if finalize:
            self._bar.close()
            self._bar = None
