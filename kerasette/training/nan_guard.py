"""Watching over training: a batch that gives NaN or infinity does not spoil the weights.

After each batch the loss and the weights are looked at. Where one is not finite, everything is put
back to before the batch, and the batch is run again, operation by operation, to find the first
operation that gave a value that is not finite out of ones that were.
"""

import contextlib
from typing import Any

import numpy as np

from kerasette import tree
from kerasette.arrays import device as devices
from kerasette.core.naming import current_path
from kerasette.core.state import state
from kerasette.core.tensor import Tensor
from kerasette.errors import TraceError
from kerasette.graph.function import function
from kerasette.training.steps import as_tensor


class NaNGuard:
    """A training step that is watched over.

    ``message`` is ``None`` until a batch gave a value that is not finite; then it says where it
    came from. The weights and the optimizer's state are those from before that batch, the metrics
    those from after it.
    """

    def __init__(self, model: Any, step: Any, position: Any):
        self.model = model
        self.step = step
        self.position = position  # gives (epoch, batch)
        self.message: str | None = None
        self._last: Any = None
        self._kept: list[Any] = []  # what is put back
        self._watched: list[Any] = []  # what must stay finite

    def run(self, data: Any) -> Any:
        """Run the step on one batch ``(x, y, sample_weight)``."""
        if self.message is not None:
            return self._last  # nothing more is done until training has ended
        if not self._kept:
            self._build(data)
        before = [(variable, variable._tensor) for variable in self._kept]
        result = self.step.run(data)
        if self._is_finite(result):
            return result
        metrics = [(v, v._tensor) for v in self.model.metrics_variables]
        _put_back(before)
        epoch, batch = self.position()
        where = f"in epoch {epoch + 1}, batch {batch}"
        self.message = f"Not finite {where}: {self._origin(data)}"
        _put_back(before)
        _put_back(metrics)
        self._last = result
        return result

    def _build(self, data: Any) -> None:
        """Have every variable made before the first batch: what is put back must be there."""
        model, optimizer = self.model, self.model.optimizer
        if not model.built or (optimizer is not None and not optimizer.built):
            tensors = tree.map_structure(as_tensor, data)
            with contextlib.suppress(TraceError):
                function(model._python_step("train_step")).graph(
                    tensors
                )  # traced, which changes nothing
            if optimizer is not None and model.built and not optimizer.built:
                optimizer.build(model.trainable_variables)
        self._kept = self._variables()
        self._watched = model.trainable_variables
        if model._loss_tracker is not None:
            self._watched = self._watched + model._loss_tracker.variables

    def results(self, result: Any) -> Any:
        """What the step gave."""
        return self.step.results(result)

    def _variables(self) -> list[Any]:
        optimizer = self.model.optimizer
        slots = [] if optimizer is None else list(optimizer.variables)
        return [*self.model.variables, *slots, *self.model.metrics_variables]

    def _is_finite(self, result: Any) -> bool:
        watched = [variable._tensor for variable in self._watched]
        watched += [leaf for leaf in tree.flatten(result) if isinstance(leaf, Tensor)]
        return all(_finite(tensor) for tensor in watched)

    def _origin(self, data: Any) -> str:
        """Where the first value that is not finite comes from, in a sentence."""
        tensors = tree.map_structure(as_tensor, data)
        for name, part in zip(("x", "y", "sample_weight"), tensors, strict=True):
            for leaf in tree.flatten(part):
                if isinstance(leaf, Tensor) and not _finite(leaf):
                    return f"`{name}` itself holds NaN or infinity{_rows(leaf)}."
        for variable in self.model.variables:
            if not _finite(variable._tensor):
                return f"weight {variable.path!r} was not finite before this batch."
        leaves = [leaf for leaf in tree.flatten(tensors) if isinstance(leaf, Tensor) and leaf.shape]
        watch = _Watch(self.model.optimizer, leaves[0].shape[0] if leaves else 0)
        state.tapes = (*state.tapes, watch)
        state.refresh()
        try:
            self.model._python_step("train_step")(tensors)
        finally:
            state.tapes = tuple(tape for tape in state.tapes if tape is not watch)
            state.refresh()
        for variable in reversed(self._watched):  # the loss, and what comes first in the gradient
            found = watch.origins.get(id(variable._tensor))
            if found is not None:
                return found
        if watch.first is not None:
            return watch.first
        return "it did not come again when the batch was run operation by operation."


class _Watch:
    """Stands among the open tapes, and follows values that are not finite to where they began."""

    def __init__(self, optimizer: Any, batch_size: int) -> None:
        self.batch_size = batch_size
        self._slots = set() if optimizer is None else {id(v) for v in optimizer.variables}
        self.origins: dict[int, str] = {}
        self.first: str | None = None
        self._layers: dict[int, str] = {}  # the layer in which each tensor was made
        self._kept: list[Any] = []  # an id is an id only as long as its object lives

    def read(self, variable: Any, value: Any) -> None:
        if id(variable) not in self._slots:
            self._layers[id(value)] = variable.path.rpartition("/")[0]
        self._kept.append(value)

    def record(self, op: Any, values: list[Any], attributes: dict[str, Any], outputs: Any) -> None:
        """Called by the core for each operation."""
        results = outputs if isinstance(outputs, tuple) else (outputs,)
        path = current_path()
        backward = not path and next(
            (self._layers[id(v)] for v in values if self._layers.get(id(v))), ""
        )
        for result in results:
            self._kept.append(result)
            self._layers[id(result)] = path or backward or ""
            if not isinstance(result, Tensor) or _finite(result):
                continue
            inherited = next((self.origins[id(v)] for v in values if id(v) in self.origins), None)
            if inherited is None:
                inherited = _said(op, path, backward or "", result, values, self.batch_size)
                self.first = self.first or inherited
            self.origins[id(result)] = inherited

    def record_custom(self, values: list[Any], outputs: list[Any], pullback: Any) -> None:
        """Called for a compiled function, or one with a gradient of its own."""
        self.record(_Custom, values, {}, tuple(outputs))


class _Custom:
    name = "custom function"


def _said(
    op: Any, path: str, backward: str, result: Any, values: list[Any], batch_size: int
) -> str:
    if path:
        place = f"in layer {path!r}"
    elif backward:
        place = f"outside the layers, next to layer {backward!r} (the loss, or a gradient)"
    else:
        place = "outside the layers (the loss, a gradient or the optimizer)"
    array = devices.to_numpy(result._array)
    kind = "NaN" if np.isnan(array.astype("float64", copy=False)).any() else "infinity"
    shapes = ", ".join(str(tuple(value.shape)) for value in values)
    return (
        f"the first {kind} is made {place} by operation {op.name!r} of values of shape {shapes}"
        f"{_rows(result) if result.shape[:1] == (batch_size,) else ''}."
    )


def _rows(tensor: Any) -> str:
    """The rows that hold values that are not finite."""
    array = devices.to_numpy(tensor._array)
    if array.ndim == 0 or len(array) < 2:
        return ""
    bad = np.flatnonzero(~np.isfinite(array.astype("float64")).reshape(len(array), -1).all(axis=1))
    shown = ", ".join(map(str, bad[:8])) + (", …" if len(bad) > 8 else "")
    return f", in row{'s' if len(bad) > 1 else ''} {shown} of {len(array)}"


def _finite(tensor: Any) -> bool:
    array = tensor._array
    if array.dtype.kind in "biu":
        return True
    with np.errstate(all="ignore"):
        return bool(np.isfinite(devices.to_numpy(array).sum(dtype="float64")))


def _put_back(values: list[tuple[Any, Any]]) -> None:
    for variable, tensor in values:
        variable._tensor = tensor
