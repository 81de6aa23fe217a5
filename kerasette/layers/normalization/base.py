"""What the normalising layers share: a learnt scale and offset."""

from typing import Any

from kerasette.layers.layer import Layer


class ScaleAndOffset(Layer):
    """Makes ``gamma`` and ``beta`` as the fields of the layer say."""

    def check_epsilon(self) -> None:
        """``epsilon`` must be positive."""
        value = self.epsilon  # type: ignore[attr-defined]
        if not isinstance(value, (int, float)) or value <= 0:
            raise ValueError(f"`epsilon` must be positive. Received: epsilon={value!r}.")
        self.gamma: Any = None
        self.beta: Any = None
        self.supports_masking = True

    def make_scale_and_offset(self, shape: tuple[int, ...], autocast: bool = False) -> None:
        """The weights of the given shape, gamma first."""
        own: Any = self
        for name, wanted in (("gamma", own.scale), ("beta", own.center)):
            if wanted:
                weight = self.add_weight(
                    name=name,
                    shape=shape,
                    initializer=getattr(own, f"{name}_initializer"),
                    regularizer=getattr(own, f"{name}_regularizer"),
                    constraint=getattr(own, f"{name}_constraint"),
                    autocast=autocast,
                )
                setattr(self, name, weight)

    def sizes(self, input_shape: Any, axes: tuple[int, ...]) -> tuple[int, ...]:
        """The sizes of axes, which must be known and there.

        Raises: ValueError where they are not.
        """
        rank = len(input_shape)
        for axis in axes:
            if not -rank <= axis < rank:
                raise ValueError(
                    f"Layer {self.name!r} normalises axis {axis}, which inputs of shape "
                    f"{input_shape} do not have."
                )
            if input_shape[axis] is None:
                raise ValueError(
                    f"Layer {self.name!r} needs the size of axis {axis}. "
                    f"Received: input_shape={input_shape}."
                )
        return tuple(input_shape[axis] for axis in axes)
