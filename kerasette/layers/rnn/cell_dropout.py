"""Dropout in recurrent cells: one mask for all steps of a sequence (Gal and Ghahramani, 2016)."""

from typing import Any

from kerasette import ops, random


class CellDropout:
    """Gives a cell masks for its inputs and its state; one of each per sequence."""

    dropout: float
    recurrent_dropout: float
    seed: Any

    def init_dropout(self) -> None:
        """Check the rates, and make the source of random numbers."""
        for name in ("dropout", "recurrent_dropout"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise ValueError(f"`{name}` must be from 0 to 1. Received: {name}={value}.")
        self._input_mask: Any = None
        self._state_mask: Any = None
        if self.dropout or self.recurrent_dropout:
            self.seed_generator = random.SeedGenerator(self.seed)

    def prepare(self, inputs: Any, training: Any) -> None:
        """Draw the masks for one sequence; ``inputs`` is one of its steps."""
        self.forget()
        if training:
            self.get_dropout_mask(inputs)
            if self.recurrent_dropout:
                units = self.state_size[0] if isinstance(self.state_size, list) else self.state_size  # type: ignore[attr-defined]
                shape = (inputs.shape[0], *self._state_shape(inputs, units))
                self.get_recurrent_dropout_mask(ops.ones(shape, inputs.dtype))

    def _state_shape(self, inputs: Any, units: int) -> tuple[int, ...]:
        return (units,)

    def forget(self) -> None:
        """Drop the masks: the next sequence draws its own."""
        self.reset_dropout_mask()
        self.reset_recurrent_dropout_mask()

    def get_dropout_mask(self, step_input: Any) -> Any:
        """The mask for the inputs; drawn where there is none yet. ``None`` without dropout."""
        if self._input_mask is None and self.dropout > 0:
            self._input_mask = random.dropout(
                ops.ones_like(step_input), self.dropout, seed=self.seed_generator
            )
        return self._input_mask

    def get_recurrent_dropout_mask(self, step_input: Any) -> Any:
        """The mask for the state; drawn where there is none yet. ``None`` without dropout."""
        if self._state_mask is None and self.recurrent_dropout > 0:
            self._state_mask = random.dropout(
                ops.ones_like(step_input), self.recurrent_dropout, seed=self.seed_generator
            )
        return self._state_mask

    def reset_dropout_mask(self) -> None:
        """Forget the mask for the inputs."""
        self._input_mask = None

    def reset_recurrent_dropout_mask(self) -> None:
        """Forget the mask for the state."""
        self._state_mask = None

    def dropped(self, inputs: Any, state: Any, training: Any) -> tuple[Any, Any]:
        """Inputs and state after dropout."""
        if training and self.dropout > 0:
            inputs = inputs * self.get_dropout_mask(inputs)
        if training and self.recurrent_dropout > 0:
            state = state * self.get_recurrent_dropout_mask(state)
        return inputs, state
