"""``Dropout``."""

from typing import Any

from kerasette import random
from kerasette.declared import declared
from kerasette.layers.layer import Layer


@declared
class Dropout(Layer):
    """In training, sets a share of the values to 0 and scales up the rest: ``(...) -> (...)``.

    Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", 2014.

    Args:
        rate: the share that is dropped, from 0 to 1.
        noise_shape: the shape of the mask, which is broadcast; ``None`` takes the inputs' size.
        seed: for a sequence of masks that can be repeated.

    >>> kerasette.layers.Dropout(0.5)(ops.ones((2,)), training=False).numpy()
    array([1., 1.], dtype=float32)

    Raises: ValueError for a rate outside of 0 to 1.
    """

    rate: float
    noise_shape: Any = None
    seed: Any = None

    def validate(self) -> None:
        if not isinstance(self.rate, (int, float)) or not 0 <= self.rate <= 1:
            raise ValueError(f"`rate` must be from 0 to 1. Received: rate={self.rate!r}.")
        self.supports_masking = True
        self.noise_shape = None if self.noise_shape is None else tuple(self.noise_shape)
        if self.rate > 0:
            self.seed_generator = random.SeedGenerator(self.seed)

    def call(self, inputs: Any, training: Any = False) -> Any:
        if not training or self.rate == 0:
            return inputs
        shape = None
        if self.noise_shape is not None:
            sizes = zip(self.noise_shape, inputs.shape, strict=True)
            shape = tuple(own if size is None else size for size, own in sizes)
        return random.dropout(inputs, self.rate, noise_shape=shape, seed=self.seed_generator)
