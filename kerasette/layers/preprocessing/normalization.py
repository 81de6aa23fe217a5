"""``Normalization``: inputs brought to mean 0 and variance 1, as learnt from data before."""

import math
from typing import Any

import numpy as np

from kerasette import ops
from kerasette.arrays import settings
from kerasette.declared import declared
from kerasette.layers.preprocessing.batches import batches_of
from kerasette.layers.preprocessing.data_layer import DataLayer


@declared
class Normalization(DataLayer):
    """``(inputs - mean) / sqrt(variance)``, of any shape.

    Mean and variance are given, or learnt by ``adapt(data)`` before the layer is used.

    Args:
        axis: the axis or axes along which each place has its own mean; ``None``: one for all.
        mean, variance: known values, both or neither.
        invert: whether the layer goes the other way, ``inputs * sqrt(variance) + mean``.

    >>> layer = kerasette.layers.Normalization()
    >>> layer.adapt(np.array([[0.0], [2.0], [4.0]]))
    >>> layer(np.array([[2.0]])).numpy()
    array([[0.]], dtype=float32)

    Raises: ValueError for a mean without a variance, or axes that the inputs do not have.
    """

    axis: Any = -1
    mean: Any = None
    variance: Any = None
    invert: bool = False

    def validate(self) -> None:
        axes = () if self.axis is None else self.axis
        self.axis = (axes,) if isinstance(axes, int) else tuple(axes)
        if (self.mean is None) != (self.variance is None):
            raise ValueError(
                "Give both `mean` and `variance`, or neither and call `adapt`. "
                f"Received: mean={self.mean}, variance={self.variance}."
            )
        self.input_mean, self.input_variance = self.mean, self.variance
        if self.mean is not None:
            self.input_mean = np.asarray(self.mean).tolist()
            self.input_variance = np.asarray(self.variance).tolist()
            shapes = np.shape(self.input_mean), np.shape(self.input_variance)
            if shapes[0] != shapes[1] or len(shapes[0]) > len(self.axis):
                raise ValueError(
                    "`mean` and `variance` must have one shape, of no more axes than `axis` "
                    f"names. Received: shapes {shapes[0]} and {shapes[1]}, axis={self.axis}."
                )
        self.mean: Any = None  # once built, of a shape that broadcasts with the inputs
        self.variance: Any = None
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        rank = len(input_shape)
        if any(not -rank <= axis < rank for axis in self.axis):
            raise ValueError(
                f"`axis` of Normalization must be among the axes of the inputs, which are {rank}. "
                f"Received: axis={self.axis}, inputs of shape {tuple(input_shape)}."
            )
        kept = sorted(axis % rank for axis in self.axis)
        if any(input_shape[axis] is None for axis in kept):
            raise ValueError(
                "Normalization needs inputs of known size along `axis`. "
                f"Received: axis={self.axis}, inputs of shape {tuple(input_shape)}."
            )
        self._kept = tuple(kept)
        self._wide = tuple(input_shape[axis] if axis in kept else 1 for axis in range(rank))
        if self.input_mean is None:
            shape = tuple(input_shape[axis] for axis in kept)
            self.adapt_mean = self.add_weight(
                name="mean", shape=shape, initializer="zeros", trainable=False
            )
            self.adapt_variance = self.add_weight(
                name="variance", shape=shape, initializer="ones", trainable=False
            )
            self.count = self.add_weight(  # unused; files have it
                name="count", shape=(), dtype="int32", initializer="zeros", trainable=False
            )
        self.finalize_state()

    def adapt(self, data: Any) -> None:
        """Learn mean and variance from data; what was learnt before is forgotten.

        Args:
            data: an array or tensor, or an iterable of batches (labels after them are left out).

        Raises: ValueError where the layer was given a mean, or shapes differ.
        """
        if self.input_mean is not None:
            raise ValueError("`adapt` cannot change a `mean` and `variance` that were given.")
        total: Any = 0
        mean: Any = 0.0
        variance: Any = 0.0
        for batch in batches_of(data):
            if not self.built:
                self.build(batch.shape)
            self._check(batch.shape)
            axes = tuple(axis for axis in range(batch.ndim) if axis not in self._kept)
            wide = batch.astype("float64")
            own_mean, own_variance = wide.mean(axes), wide.var(axes)
            count = math.prod(batch.shape[axis] for axis in axes)
            if not count:
                continue
            share = count / (total + count)
            total += count
            change = own_mean - mean  # the parallel form of Chan, Golub and LeVeque (1979)
            mean = mean + change * share
            variance = (
                variance * (1 - share) + own_variance * share + change**2 * share * (1 - share)
            )
        if not total:
            raise ValueError("`adapt` needs at least one sample. Received: data without any.")
        self.adapt_mean.assign(mean)
        self.adapt_variance.assign(variance)
        self.finalize_state()

    def _check(self, shape: tuple[int, ...]) -> None:
        fits = len(shape) == len(self._wide) and all(
            shape[axis] == self._wide[axis] for axis in self._kept
        )
        if not fits:
            raise ValueError(
                f"`adapt` got data of shape {shape}, but the layer was built for "
                f"{self._wide} (1: any size)."
            )

    def finalize_state(self) -> None:
        """Set ``mean`` and ``variance`` from what was given or learnt."""
        if self.input_mean is None:
            self.mean, self.variance = self._learnt()
            return
        shape = [1] * len(self._wide)
        sizes = np.shape(self.input_mean)
        for place, size in zip(reversed(self._kept), reversed(sizes), strict=False):
            shape[place] = size
        self.mean, self.variance = (
            ops.broadcast_to(
                ops.reshape(ops.convert_to_tensor(x, self.compute_dtype), shape), self._wide
            )
            for x in (self.input_mean, self.input_variance)
        )

    def _learnt(self) -> tuple[Any, Any]:
        return tuple(  # type: ignore[return-value]
            ops.cast(ops.reshape(x, self._wide), self.compute_dtype)
            for x in (self.adapt_mean, self.adapt_variance)
        )

    def call(self, inputs: Any) -> Any:
        # Read anew, so that what is learnt later holds in compiled functions too.
        given = self.input_mean is not None
        mean, variance = (self.mean, self.variance) if given else self._learnt()
        spread = ops.maximum(ops.sqrt(variance), settings.epsilon())
        x = ops.cast(inputs, self.compute_dtype)
        return x * spread + mean if self.invert else (x - mean) / spread

    def load_own_variables(self, store: Any) -> None:
        super().load_own_variables(store)
        self.finalize_state()

    def get_config(self) -> dict[str, Any]:
        given = {"mean": self.input_mean, "variance": self.input_variance}
        return super().get_config() | given
