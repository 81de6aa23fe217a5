"""A model's steps, compiled where they can be, and what happens where they cannot."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from kerasette import tree
from kerasette.core.tensor import TensorBase, constant
from kerasette.errors import TraceError
from kerasette.graph.function import CompiledFunction, function


class Step:
    """One step of training, evaluation or prediction, over one batch.

    It is compiled unless the model says otherwise. A step that cannot be traced runs eagerly from
    then on: that is said once, with the line, and changes no result.

    Args:
        python_step: what is done with a batch.
        compiled: whether to compile it.
        strict: whether failing to compile is an error.
        results: gives the metrics' results, where ``python_step`` does not: they are computed when
            somebody wants to know them.
    """

    def __init__(
        self,
        python_step: Callable[..., Any],
        compiled: bool,
        strict: bool = False,
        results: Callable[[], Any] | None = None,
    ):
        self.python_step = python_step
        self.strict = strict
        self._run: Callable[..., Any] = function(python_step) if compiled else python_step
        self._results = None if results is None else Step(results, compiled)

    @property
    def compiled(self) -> bool:
        """Whether the step runs as a graph."""
        return isinstance(self._run, CompiledFunction)

    def __call__(self, *data: Any) -> Any:
        """Run the step; its results."""
        return self.results(self.run(*data))

    def run(self, *data: Any) -> Any:
        """Run the step; what ``results`` wants to have."""
        if not self.compiled:
            return self._run(*tree.map_structure(as_tensor, data))
        data = tree.map_structure(_as_given, data)
        try:
            return self._run(*data)
        except TraceError as error:
            if self.strict:
                raise
            warnings.warn(
                f"The step cannot be compiled and runs eagerly instead, which is slower. {error}",
                stacklevel=2,
            )
            self._run = self.python_step
            return self._run(*tree.map_structure(as_tensor, data))

    def over_rows(self, data: Any, rows: int) -> Any:
        """The same step over batches of ``rows`` rows of in-memory data, many of them in one call
        of native code; ``None`` where each needs Python.
        """
        if not isinstance(self._run, CompiledFunction):
            return None
        return self._run.over_rows((data,), rows)

    def results(self, result: Any = None) -> Any:
        """What the step gave: its metrics so far, or a prediction."""
        return result if self._results is None else self._results.run()


def _as_given(leaf: Any) -> Any:
    """For a compiled step, which takes arrays as tensors anyway."""
    return leaf if type(leaf) is np.ndarray else as_tensor(leaf)


def as_tensor(leaf: Any) -> Any:
    """An array of a batch as a tensor; texts stay arrays."""
    if leaf is None or isinstance(leaf, TensorBase):
        return leaf
    if isinstance(leaf, np.ndarray) and leaf.dtype.kind in "USO":
        return leaf
    return constant(leaf)


def plain_logs(results: Any) -> dict[str, Any]:
    """The results of metrics as Python numbers (arrays where they have several values)."""

    def plain(value: Any) -> Any:
        if isinstance(value, TensorBase):
            if not value.shape:
                return float(value)  # type: ignore[arg-type]
            value = np.asarray(value)
        if isinstance(value, (np.ndarray, np.generic)) and np.ndim(value) == 0:
            return float(value)
        return value

    if not isinstance(results, dict):
        return {"loss": plain(results)}
    flat: dict[str, Any] = {}
    for name, value in results.items():
        if isinstance(value, dict):  # a metric that gives several results
            flat.update({key: plain(part) for key, part in value.items()})
        else:
            flat[name] = plain(value)
    return flat
