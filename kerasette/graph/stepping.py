"""Many steps of a compiled function over rows of arrays, in one call of native code."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kerasette.graph.execution import NativeExecution
from kerasette.kernels.cpu.moves import RowGather
from kerasette.kernels.loop import Table, native_loop_address
from kerasette.kernels.native import Record


class Stepping:
    """A function of a batch, applied to one batch of rows after the other.

    Args:
        execution: the function's, for arguments of ``rows`` rows.
        arrays: what each argument is taken from: ``(samples, ...)``.
        rows: how many make a batch.
        pack: makes what the function returns of its results.
        fits: whether the execution is still that of the function.
    """

    def __init__(
        self,
        execution: NativeExecution,
        arrays: Sequence[np.ndarray],
        rows: int,
        pack: Callable[[list[Any]], Any],
        fits: Callable[[], bool],
    ):
        self.execution = execution
        self.rows = rows
        self.pack = pack
        self.fits = fits
        self._instance = execution.instance()
        self._gathers = [
            RowGather(place.ctypes.data, np.ascontiguousarray(array), rows)
            for place, array in zip(self._instance.inputs, arrays, strict=True)
        ]
        self._table: Table | None = None
        inner, loop = self._instance.table, native_loop_address()
        if inner is not None and loop is not None:
            step = Record(loop, (inner.address, inner.count, 1, 0), inner)
            self._table = Table([*(gather.record for gather in self._gathers), step])

    def close(self) -> None:
        """No more steps: the memory is for other calls."""
        self.execution.give_back(self._instance)

    def run(self, order: np.ndarray) -> Any:
        """The steps for these rows, as many as they make batches; what the last one returns.

        Raises: what a step raises. Those before it are done then, and it has changed nothing.
        """
        self._instance.move_to(self.execution.buffers())
        for gather in self._gathers:
            gather.begin(order)
        steps = len(order) // self.rows
        if self._table is None:
            for _ in range(steps):
                Table([gather.record for gather in self._gathers]).run()
                self._instance.run()
        elif self._table.run(steps):
            self._instance.run()  # the arguments are in their places: it fails again, in words
        return self.pack(self._instance.results())
