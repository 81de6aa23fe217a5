"""Layers that cut off or add borders, or repeat values: cropping, padding, upsampling."""

from typing import Any, ClassVar

from kerasette import ops
from kerasette.arrays.settings import standardize_data_format
from kerasette.declared import declared
from kerasette.layers.convolutional.windows import one_of, per_axis
from kerasette.layers.input_spec import InputSpec
from kerasette.layers.layer import Layer


def pairs(value: Any, rank: int, name: str, layer: str) -> tuple[tuple[int, int], ...]:
    """How much at the beginning and at the end of each axis.

    One number for all, one for each axis, or a pair for each axis (for one axis: a pair).

    Raises: ValueError for anything else.
    """
    given = value
    if rank == 1 and isinstance(value, (list, tuple)) and len(value) == 2:
        given = (value,)
    if isinstance(given, int):
        given = ((given, given),) * rank
    if isinstance(given, (list, tuple)) and len(given) == rank:
        found = tuple((p, p) if isinstance(p, int) else tuple(p) for p in given)
        if all(len(p) == 2 and all(isinstance(s, int) and s >= 0 for s in p) for p in found):
            return found  # type: ignore[return-value]
    raise ValueError(
        f"`{name}` of {layer} must be an integer of at least 0, {rank} of them, or {rank} pairs. "
        f"Received: {name}={value!r}."
    )


class _Spatial(Layer):
    """A layer over spatial axes, channels first or last."""

    rank: ClassVar[int] = 2
    data_format: Any = "channels_last"

    def set_up(self) -> None:
        self.data_format = standardize_data_format(getattr(self, "data_format", None))
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def first(self) -> int:
        """The first spatial axis."""
        return 2 if self.data_format == "channels_first" else 1


class _Cropping(_Spatial):
    cropping: Any

    def validate(self) -> None:
        self.cropping = pairs(self.cropping, self.rank, "cropping", type(self).__name__)
        self.set_up()
        if self.rank == 1:
            self.data_format = "channels_last"

    def call(self, inputs: Any) -> Any:
        key: list[Any] = [slice(None)] * len(inputs.shape)
        for axis, (before, after) in enumerate(self.cropping, start=self.first):
            size = inputs.shape[axis]
            if before + after >= size:
                raise ValueError(
                    f"{type(self).__name__} layer {self.name!r} would leave nothing of axis "
                    f"{axis}, of size {size}. Received: cropping={self.cropping}."
                )
            key[axis] = slice(before, size - after)
        return inputs[tuple(key)]

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config["cropping"] = self.cropping[0] if self.rank == 1 else self.cropping
        return config


@declared
class Cropping1D(_Cropping):
    """Cuts steps off: ``(batch, steps, features) -> (batch, fewer, features)``.

    Args:
        cropping: how many at the beginning and at the end.

    >>> kerasette.layers.Cropping1D(1)(ops.zeros((2, 5, 3))).shape
    (2, 3, 3)
    """

    cropping: Any = (1, 1)

    rank: ClassVar[int] = 1


@declared
class Cropping2D(_Cropping):
    """Cuts borders off images: ``(batch, rows, columns, channels) -> (batch, …)``.

    Args:
        cropping: a number, one for each axis, or a pair for each.
        data_format: "channels_last" or "channels_first".

    >>> kerasette.layers.Cropping2D(1)(ops.zeros((2, 5, 6, 3))).shape
    (2, 3, 4, 3)
    """

    cropping: Any = ((0, 0), (0, 0))
    data_format: str | None = None

    rank: ClassVar[int] = 2


@declared
class Cropping3D(_Cropping):
    """Cuts borders off volumes: ``(batch, depth, rows, columns, channels) -> (batch, …)``.

    Args: those of ``Cropping2D``.

    >>> kerasette.layers.Cropping3D(1)(ops.zeros((2, 5, 5, 5, 3))).shape
    (2, 3, 3, 3, 3)
    """

    cropping: Any = ((1, 1), (1, 1), (1, 1))
    data_format: str | None = None

    rank: ClassVar[int] = 3


class _Padding(_Spatial):
    padding: Any

    def validate(self) -> None:
        self.padding = pairs(self.padding, self.rank, "padding", type(self).__name__)
        self.set_up()

    def call(self, inputs: Any) -> Any:
        widths = [(0, 0)] * len(inputs.shape)
        for axis, pair in enumerate(self.padding, start=self.first):
            widths[axis] = pair
        return ops.pad(inputs, widths)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config["padding"] = self.padding[0] if self.rank == 1 else self.padding
        return config


@declared
class ZeroPadding1D(_Padding):
    """Adds steps of zeros: ``(batch, steps, features) -> (batch, more, features)``.

    Args:
        padding: how many at the beginning and at the end.
        data_format: "channels_last" or "channels_first".

    >>> kerasette.layers.ZeroPadding1D(1)(ops.ones((2, 5, 3))).shape
    (2, 7, 3)
    """

    padding: Any = 1
    data_format: str | None = None

    rank: ClassVar[int] = 1


@declared
class ZeroPadding2D(_Padding):
    """Adds borders of zeros to images: ``(batch, rows, columns, channels) -> (batch, …)``.

    Args:
        padding: a number, one for each axis, or a pair for each.
        data_format: "channels_last" or "channels_first".

    >>> kerasette.layers.ZeroPadding2D(1)(ops.ones((2, 5, 6, 3))).shape
    (2, 7, 8, 3)
    """

    padding: Any = (1, 1)
    data_format: str | None = None

    rank: ClassVar[int] = 2


@declared
class ZeroPadding3D(_Padding):
    """Adds borders of zeros to volumes: ``(batch, depth, rows, columns, channels) -> (batch, …)``.

    Args: those of ``ZeroPadding2D``.

    >>> kerasette.layers.ZeroPadding3D(1)(ops.ones((2, 5, 5, 5, 3))).shape
    (2, 7, 7, 7, 3)
    """

    padding: Any = ((1, 1), (1, 1), (1, 1))
    data_format: str | None = None

    rank: ClassVar[int] = 3


class _UpSampling(_Spatial):
    size: Any

    def validate(self) -> None:
        self.size = per_axis(self.size, self.rank, "size", type(self).__name__)
        self.set_up()
        if self.rank == 1:
            self.data_format = "channels_last"

    def call(self, inputs: Any) -> Any:
        for axis, times in enumerate(self.size, start=self.first):
            inputs = ops.repeat(inputs, times, axis=axis)
        return inputs

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config["size"] = self.size[0] if self.rank == 1 else self.size
        return config


@declared
class UpSampling1D(_UpSampling):
    """Repeats each step: ``(batch, steps, features) -> (batch, size * steps, features)``.

    Args:
        size: how often.

    >>> kerasette.layers.UpSampling1D(2)(ops.ones((2, 5, 3))).shape
    (2, 10, 3)
    """

    size: Any = 2

    rank: ClassVar[int] = 1


@declared
class UpSampling2D(_UpSampling):
    """Makes images larger: ``(batch, rows, columns, channels) -> (batch, …)``.

    Args:
        size: how many times in each axis.
        data_format: "channels_last" or "channels_first".
        interpolation: "nearest" repeats; "bilinear", "bicubic", "lanczos3", "lanczos5" interpolate.

    >>> kerasette.layers.UpSampling2D(2)(ops.ones((2, 5, 6, 3))).shape
    (2, 10, 12, 3)
    """

    size: Any = (2, 2)
    data_format: str | None = None
    interpolation: str = "nearest"

    rank: ClassVar[int] = 2

    def validate(self) -> None:
        kinds = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
        self.interpolation = one_of(self.interpolation, kinds, "interpolation", "UpSampling2D")
        super().validate()

    def call(self, inputs: Any) -> Any:
        if self.interpolation == "nearest":
            return super().call(inputs)
        first = self.first
        sizes = tuple(inputs.shape[first + i] * times for i, times in enumerate(self.size))
        return ops.image.resize(
            inputs, sizes, interpolation=self.interpolation, data_format=self.data_format
        )


@declared
class UpSampling3D(_UpSampling):
    """Repeats each value of volumes: ``(batch, depth, rows, columns, channels) -> (batch, …)``.

    Args:
        size: how often in each axis.
        data_format: "channels_last" or "channels_first".

    >>> kerasette.layers.UpSampling3D(2)(ops.ones((1, 2, 2, 2, 3))).shape
    (1, 4, 4, 4, 3)
    """

    size: Any = (2, 2, 2)
    data_format: str | None = None

    rank: ClassVar[int] = 3
