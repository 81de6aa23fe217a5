"""Layers that arrange the same values another way."""

from typing import Any

from kerasette import ops
from kerasette.declared import declared
from kerasette.layers.convolutional.windows import per_axis
from kerasette.layers.input_spec import InputSpec
from kerasette.layers.layer import Layer


@declared
class Reshape(Layer):
    """Another shape for each sample: ``(batch, ...) -> (batch, *target_shape)``.

    Args:
        target_shape: the shape of one sample; one size may be -1.

    >>> kerasette.layers.Reshape((2, -1))(ops.zeros((3, 6))).shape
    (3, 2, 3)

    Raises: ValueError where the numbers of values differ.
    """

    target_shape: Any

    def validate(self) -> None:
        shape = self.target_shape
        sizes = tuple(shape) if isinstance(shape, (list, tuple)) else (shape,)
        self.target_shape = tuple(-1 if size is None else int(size) for size in sizes)
        if self.target_shape.count(-1) > 1:
            raise ValueError(f"Only one size may be -1. Received: target_shape={shape}.")

    def call(self, inputs: Any) -> Any:
        known = 1
        for size in inputs.shape[1:]:
            known *= size
        rest = 1
        for size in self.target_shape:
            rest *= 1 if size == -1 else size
        if rest == 0 or known % rest or (-1 not in self.target_shape and known != rest):
            raise ValueError(
                f"Reshape layer {self.name!r} cannot bring samples of shape "
                f"{tuple(inputs.shape[1:])} to target_shape={self.target_shape}."
            )
        shape = tuple(known // rest if size == -1 else size for size in self.target_shape)
        return ops.reshape(inputs, (inputs.shape[0], *shape))


@declared
class Permute(Layer):
    """The axes of each sample in another order, counted from 1.

    Args:
        dims: the order, such as ``(2, 1)``.

    >>> kerasette.layers.Permute((2, 1))(ops.zeros((3, 4, 5))).shape
    (3, 5, 4)

    Raises: ValueError where ``dims`` is no order of 1, 2…
    """

    dims: Any

    def validate(self) -> None:
        self.dims = tuple(self.dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(
                "`dims` must hold each of 1, 2… once; the batch is not counted. "
                f"Received: dims={self.dims}."
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: Any) -> Any:
        return ops.transpose(inputs, (0, *self.dims))


@declared
class RepeatVector(Layer):
    """Each sample ``n`` times: ``(batch, features) -> (batch, n, features)``.

    Args:
        n: how often.

    >>> kerasette.layers.RepeatVector(3)(ops.zeros((2, 4))).shape
    (2, 3, 4)
    """

    n: int

    def validate(self) -> None:
        if not isinstance(self.n, int):
            raise TypeError(f"`n` must be an integer. Received: n={self.n!r}.")
        per_axis(self.n, 1, "n", "RepeatVector")
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: Any) -> Any:
        batch, features = inputs.shape
        return ops.broadcast_to(ops.expand_dims(inputs, 1), (batch, self.n, features))
