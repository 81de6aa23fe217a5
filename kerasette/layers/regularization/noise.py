"""Layers of noise in training, and of penalties on activity."""

import math
from typing import Any, ClassVar

from kerasette import ops, random, regularizers
from kerasette.arrays.settings import standardize_data_format
from kerasette.declared import declared
from kerasette.layers.input_spec import InputSpec
from kerasette.layers.layer import Layer
from kerasette.layers.regularization.dropout import Dropout


class _Noise(Layer):
    """A layer that draws random numbers in training, where ``amount`` is above 0."""

    amount: ClassVar[str] = "rate"
    seed: Any

    def validate(self) -> None:
        value = getattr(self, self.amount)
        most = 1 if self.amount == "rate" else math.inf
        if not isinstance(value, (int, float)) or not 0 <= value <= most:
            limits = "from 0 to 1" if most == 1 else "at least 0"
            raise ValueError(
                f"`{self.amount}` must be {limits}. Received: {self.amount}={value!r}."
            )
        self.supports_masking = True
        if value > 0:
            self.seed_generator = random.SeedGenerator(self.seed)

    def active(self, training: Any) -> bool:
        """Whether this call makes noise."""
        return bool(training) and getattr(self, self.amount) > 0


@declared
class GaussianNoise(_Noise):
    """Adds normal noise in training: ``(...) -> (...)``.

    Args:
        stddev: the noise's standard deviation.
        seed: for noise that can be repeated.

    >>> float(kerasette.layers.GaussianNoise(1.0)(ops.array(2.0), training=False))
    2.0
    """

    stddev: float
    seed: Any = None

    amount: ClassVar[str] = "stddev"

    def call(self, inputs: Any, training: Any = False) -> Any:
        if not self.active(training):
            return inputs
        return inputs + random.normal(
            tuple(inputs.shape),
            stddev=self.stddev,
            dtype=self.compute_dtype,
            seed=self.seed_generator,
        )


@declared
class GaussianDropout(_Noise):
    """Multiplies by normal noise around 1 in training: ``(...) -> (...)`` (Srivastava, 2014).

    Args:
        rate: the noise's standard deviation is ``sqrt(rate / (1 - rate))``.
        seed: for noise that can be repeated.

    >>> float(kerasette.layers.GaussianDropout(0.5)(ops.array(2.0), training=False))
    2.0
    """

    rate: float
    seed: Any = None

    def call(self, inputs: Any, training: Any = False) -> Any:
        if not self.active(training):
            return inputs
        deviation = math.sqrt(self.rate / (1.0 - self.rate)) if self.rate < 1 else math.inf
        return inputs * random.normal(
            tuple(inputs.shape),
            mean=1.0,
            stddev=deviation,
            dtype=self.compute_dtype,
            seed=self.seed_generator,
        )


@declared
class AlphaDropout(_Noise):
    """Dropout that keeps mean and variance, for SELU networks (Klambauer et al., 2017).

    Args:
        rate: the share that is dropped.
        noise_shape: the shape of the mask, which is broadcast.
        seed: for masks that can be repeated.

    >>> float(kerasette.layers.AlphaDropout(0.5)(ops.array(2.0), training=False))
    2.0
    """

    rate: float
    noise_shape: Any = None
    seed: Any = None

    def call(self, inputs: Any, training: Any = False) -> Any:
        if not self.active(training):
            return inputs
        low = -1.7580993408473766  # -alpha * scale of SELU: what a dropped value becomes
        shape = tuple(inputs.shape)
        if self.noise_shape is not None:
            pairs = zip(self.noise_shape, shape, strict=True)
            shape = tuple(own if size is None else size for size, own in pairs)
        drawn = random.uniform(shape, seed=self.seed_generator)
        kept = ops.cast(ops.greater_equal(drawn, self.rate), inputs.dtype)
        a = ((1 - self.rate) * (1 + self.rate * low**2)) ** -0.5 if self.rate < 1 else 0.0
        return a * (inputs * kept + low * (1 - kept)) - a * low * self.rate


class _SpatialDropout(Dropout):
    """Drops whole channels."""

    __declared_fields__ = ()

    rank: ClassVar[int] = 1
    data_format: Any = None

    def validate(self) -> None:
        self.noise_shape = None
        super().validate()
        self.data_format = standardize_data_format(getattr(self, "data_format", None))
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: Any, training: Any = False) -> Any:
        if not training or self.rate == 0:
            return inputs
        ones = (1,) * self.rank
        shape: tuple[int, ...] = (inputs.shape[0], *ones, inputs.shape[-1])
        if self.rank > 1 and self.data_format == "channels_first":
            shape = (inputs.shape[0], inputs.shape[1], *ones)
        return random.dropout(inputs, self.rate, noise_shape=shape, seed=self.seed_generator)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        for name in ("noise_shape", "trainable"):  # Keras's constructors do not take them
            config.pop(name, None)
        return config


@declared
class SpatialDropout1D(_SpatialDropout):
    """In training, sets whole features to 0 over all steps (Tompson et al., 2015).

    Args:
        rate: the share of the features that is dropped.
        seed: for masks that can be repeated.
        name: the layer's name.
        dtype: its dtype.

    >>> kerasette.layers.SpatialDropout1D(0.5)(ops.ones((2, 5, 3))).shape
    (2, 5, 3)
    """

    rate: float
    seed: Any = None
    name: Any = None
    dtype: Any = None

    rank: ClassVar[int] = 1


@declared
class SpatialDropout2D(_SpatialDropout):
    """In training, sets whole channels of images to 0 (Tompson et al., 2015).

    Args: those of ``SpatialDropout1D``, and ``data_format``.

    >>> kerasette.layers.SpatialDropout2D(0.5)(ops.ones((2, 5, 5, 3))).shape
    (2, 5, 5, 3)
    """

    rate: float
    data_format: str | None = None
    seed: Any = None
    name: Any = None
    dtype: Any = None

    rank: ClassVar[int] = 2


@declared
class SpatialDropout3D(_SpatialDropout):
    """In training, sets whole channels of volumes to 0 (Tompson et al., 2015).

    Args: those of ``SpatialDropout2D``.

    >>> kerasette.layers.SpatialDropout3D(0.5)(ops.ones((2, 4, 4, 4, 3))).shape
    (2, 4, 4, 4, 3)
    """

    rate: float
    data_format: str | None = None
    seed: Any = None
    name: Any = None
    dtype: Any = None

    rank: ClassVar[int] = 3


@declared
class ActivityRegularization(Layer):
    """Adds a penalty on its inputs to the loss: ``(...) -> (...)``.

    Args:
        l1: the weight of the sum of absolute values.
        l2: the weight of the sum of squares.

    >>> layer = kerasette.layers.ActivityRegularization(l2=0.5)
    >>> layer(ops.array([[2.0]])).shape, float(layer.losses[0])
    ((1, 1), 2.0)
    """

    l1: float = 0.0
    l2: float = 0.0

    def validate(self) -> None:
        self.activity_regularizer = regularizers.L1L2(l1=self.l1, l2=self.l2)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return inputs

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("activity_regularizer", None)
        return config
