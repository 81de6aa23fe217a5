"""What the simple, LSTM and GRU cells and layers have in common: fields, weights, delegation."""

from typing import Any

from kerasette import ops
from kerasette.layers.rnn.cell_dropout import CellDropout


class CellWeights(CellDropout):
    """A kernel, a recurrent kernel and a bias for so many gates."""

    gates = 1

    def check_units(self) -> None:
        units = self.units  # type: ignore[attr-defined]
        if not isinstance(units, int) or units < 1:
            raise ValueError(f"`units` must be a positive integer. Received: units={units!r}.")
        self.init_dropout()

    def build_weights(
        self,
        features: int,
        bias_shape: Any = None,
        bias_initializer: Any = None,
        window: tuple[int, ...] = (),
    ) -> None:
        """Make ``kernel (*window, features, gates * units)``, ``recurrent_kernel``, ``bias``."""
        cell: Any = self
        width = self.gates * cell.units
        self.kernel = cell.add_weight(
            shape=(*window, features, width),
            name="kernel",
            initializer=cell.kernel_initializer,
            regularizer=cell.kernel_regularizer,
            constraint=cell.kernel_constraint,
        )
        self.recurrent_kernel = cell.add_weight(
            shape=(*window, cell.units, width),
            name="recurrent_kernel",
            initializer=cell.recurrent_initializer,
            regularizer=cell.recurrent_regularizer,
            constraint=cell.recurrent_constraint,
        )
        self.bias = None
        if cell.use_bias:
            self.bias = cell.add_weight(
                shape=bias_shape or (width,),
                name="bias",
                initializer=bias_initializer or cell.bias_initializer,
                regularizer=cell.bias_regularizer,
                constraint=cell.bias_constraint,
            )

    def zeros_for(self, batch_size: Any) -> Any:
        cell: Any = self
        return ops.zeros((batch_size, cell.units), dtype=cell.compute_dtype)
