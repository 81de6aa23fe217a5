"""``RNN``: a cell applied step by step along a sequence."""

from typing import Any

from kerasette import ops, tree
from kerasette.core.variable import Variable
from kerasette.declared import declared
from kerasette.layers.layer import Layer
from kerasette.layers.rnn.sequence import run_over_time
from kerasette.saving.serialization import deserialize_keras_object, serialize_keras_object


@declared
class RNN(Layer):
    """Runs a cell over a sequence: ``(batch, steps, features) -> (batch, units)``.

    Args:
        cell: an object with ``call(inputs, states) -> (output, states)`` and ``state_size``, or a
            list of cells that are stacked.
        return_sequences: whether the outputs of all steps are returned, ``(batch, steps, units)``.
        return_state: whether the last states are returned after the output.
        go_backwards: whether the sequence is read from its end.
        stateful: whether a batch begins with the states that the last one ended with.
        unroll: accepted as Keras does; it changes no result.
        zero_output_for_mask: whether masked steps give zeros in place of the last output.

    >>> layer = kerasette.layers.RNN(kerasette.layers.LSTMCell(4))
    >>> layer(ops.zeros((2, 7, 3))).shape
    (2, 4)

    Raises: ValueError for a cell without ``call`` or ``state_size``.
    """

    untracked = ("states",)  # no weights: files do not have them

    cell: Any
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    stateful: bool = False
    unroll: bool = False
    zero_output_for_mask: bool = False

    def validate(self) -> None:
        if isinstance(self.cell, (list, tuple)):
            from kerasette.layers.rnn.stacked_rnn_cells import StackedRNNCells

            self.cell = StackedRNNCells(self.cell)
        self._check_cell()

    def _check_cell(self) -> None:
        if not hasattr(self.cell, "call") or not hasattr(self.cell, "state_size"):
            raise ValueError(
                "`cell` must have a `call` method and a `state_size`. "
                f"Received: cell={self.cell!r}."
            )
        size = self.cell.state_size
        self.single_state = isinstance(size, int)
        self.state_size = [size] if self.single_state else list(size)
        self.states: Any = None
        self._batch_size: int | None = None
        self.supports_masking = True

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        step_shape = (sequences_shape[0], *sequences_shape[2:])
        if isinstance(self.cell, Layer) and not self.cell.built:
            self.cell.build(step_shape)
        if self.stateful and self.states is None:
            batch_size = sequences_shape[0]
            if batch_size is None:
                raise ValueError(
                    f"Layer {self.name!r} is stateful, so it needs a known batch size. Give the "
                    "model's Input a `batch_shape`."
                )
            self._batch_size = batch_size
            self.states = tree.map_structure(
                lambda value: Variable(
                    value, trainable=False, dtype=self.variable_dtype, name="rnn_state"
                ),
                self.get_initial_state(batch_size),
            )

    def get_initial_state(self, batch_size: Any) -> list[Any]:
        """The states that a sequence begins with: what the cell says, else zeros."""
        own = getattr(self.cell, "get_initial_state", None)
        if own is not None:
            found = own(batch_size=batch_size)
            return list(found) if tree.is_nested(found) else [found]
        dtype = self.compute_dtype
        return [ops.zeros((batch_size, size), dtype=dtype) for size in self.state_size]

    def reset_state(self) -> None:
        """Set the states of a stateful layer to zeros."""
        for variable in tree.flatten(self.states) if self.states is not None else ():
            variable.assign(ops.zeros(variable.shape, variable.dtype))

    def reset_states(self) -> None:
        """Another name of ``reset_state``."""
        self.reset_state()

    def call(
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: Any = False
    ) -> Any:
        mask = None if mask is None else tree.flatten(mask)[0]
        states = self._first_states(sequences, initial_state)
        last, outputs, states = self.inner_loop(sequences, states, mask, training)
        if self.stateful:
            for variable, value in zip(
                tree.flatten(self.states), tree.flatten(states), strict=True
            ):
                variable.assign(ops.cast(value, variable.dtype))
        result = outputs if self.return_sequences else last
        result = ops.cast(result, self.compute_dtype)
        return (result, *states) if self.return_state else result

    def _first_states(self, sequences: Any, initial_state: Any) -> list[Any]:
        batch_size = sequences.shape[0]
        if initial_state is None:
            if not self.stateful:
                return self.get_initial_state(batch_size)
            if self._batch_size is not None and batch_size != self._batch_size:
                raise ValueError(
                    f"Layer {self.name!r} is stateful for batches of {self._batch_size}. "
                    f"Received: a batch of {batch_size}."
                )
            initial_state = self.states
        if not tree.is_nested(initial_state):
            initial_state = [initial_state]
        dtype = self.compute_dtype
        return tree.map_structure(
            lambda value: ops.convert_to_tensor(value, dtype), list(initial_state)
        )

    def inner_loop(
        self, sequences: Any, initial_state: Any, mask: Any, training: Any = False
    ) -> tuple[Any, Any, list[Any]]:
        """The recurrence: ``(last output, all outputs, last states)``."""
        kwargs: dict[str, Any] = {}
        if isinstance(self.cell, Layer) and self.cell._call_signature.takes_training:
            kwargs["training"] = training

        def step(inputs: Any, states: Any) -> Any:
            output, after = self.cell(inputs, states, **kwargs)
            return output, list(after) if tree.is_nested(after) else [after]

        prepare = getattr(self.cell, "prepare", None)
        if prepare is not None:  # dropout masks are one for all steps
            prepare(sequences[:, 0] if sequences.shape[1] else sequences, training)
        try:
            return run_over_time(
                step,
                sequences,
                initial_state,
                mask=mask,
                go_backwards=self.go_backwards,
                zero_output_for_mask=self.zero_output_for_mask,
            )
        finally:
            if prepare is not None:
                self.cell.forget()

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        mask = tree.flatten(previous_mask)[0]
        own = mask if self.return_sequences else None
        return [own] + [None] * len(self.state_size) if self.return_state else own

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if type(self) is RNN:
            config["cell"] = serialize_keras_object(self.cell)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        config = dict(config)
        if isinstance(config.get("cell"), dict):
            config["cell"] = deserialize_keras_object(config["cell"], custom_objects=custom_objects)
        return cls(**config)
