"""``BatchNormalization`` (Ioffe and Szegedy, 2015; renormalisation: Ioffe, 2017)."""

from typing import Any

from kerasette import ops
from kerasette.arrays import dtypes
from kerasette.arrays.settings import epsilon as smallest
from kerasette.constraints import ConstraintField
from kerasette.declared import declared
from kerasette.initializers import InitializerField
from kerasette.layers.input_spec import InputSpec
from kerasette.layers.normalization.base import ScaleAndOffset
from kerasette.regularizers import RegularizerField


@declared
class BatchNormalization(ScaleAndOffset):
    """Brings each feature to mean 0 and variance 1 over the batch, then scales and shifts it.

    In training by the batch's own mean and variance, whose moving averages are kept; otherwise, or
    where ``trainable`` is false, by the moving averages.

    Args:
        axis: the axis of the features.
        momentum: how much of the moving averages stays at a step.
        epsilon: added to the variance.
        center: whether an offset, beta, is learnt.
        scale: whether a scale, gamma, is learnt.
        beta_initializer, gamma_initializer: what they begin with.
        moving_mean_initializer, moving_variance_initializer: what the averages begin with.
        beta_regularizer, gamma_regularizer: penalties.
        beta_constraint, gamma_constraint: applied after updates.
        renorm: whether the batch's statistics are corrected by the moving ones.
        renorm_clipping: a dict of bounds "rmin", "rmax", "dmax" of the correction.
        renorm_momentum: the momentum of the correction's averages.
        synchronized: whether replicas share their statistics.

    >>> layer = kerasette.layers.BatchNormalization()
    >>> float(ops.mean(layer(ops.array([[1.0], [3.0]]), training=True)))
    0.0
    """

    axis: int = -1
    momentum: float = 0.99
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: InitializerField = "zeros"
    gamma_initializer: InitializerField = "ones"
    moving_mean_initializer: InitializerField = "zeros"
    moving_variance_initializer: InitializerField = "ones"
    beta_regularizer: RegularizerField = None
    gamma_regularizer: RegularizerField = None
    beta_constraint: ConstraintField = None
    gamma_constraint: ConstraintField = None
    renorm: bool = False
    renorm_clipping: Any = None
    renorm_momentum: float = 0.99
    synchronized: bool = False

    def validate(self) -> None:
        self.check_epsilon()
        self.axis = int(self.axis[0]) if isinstance(self.axis, (list, tuple)) else int(self.axis)
        limits = self.renorm_clipping or {}
        unknown = set(limits) - {"rmin", "rmax", "dmax"}
        if unknown:
            raise ValueError(
                f"`renorm_clipping` may hold 'rmin', 'rmax' and 'dmax'. Received: {sorted(limits)}."
            )

    def build(self, input_shape: Any) -> None:
        shape = self.sizes(input_shape, (self.axis,))
        self.make_scale_and_offset(shape)

        def moving(name: str, initializer: Any) -> Any:
            return self.add_weight(
                name=name, shape=shape, initializer=initializer, trainable=False, autocast=False
            )

        self.moving_mean = moving("moving_mean", self.moving_mean_initializer)
        self.moving_variance = moving("moving_variance", self.moving_variance_initializer)
        if self.renorm:

            def deviation(shape: Any, dtype: Any = None) -> Any:
                return ops.sqrt(self.moving_variance_initializer(shape, dtype=dtype))

            self.moving_stddev = moving("moving_stddev", deviation)
            self.renorm_mean = moving("renorm_mean", self.moving_mean_initializer)
            self.renorm_stddev = moving("renorm_stddev", deviation)
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: shape[0]})

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        if mask is not None and len(mask.shape) != len(inputs.shape) - 1:
            raise ValueError(
                f"The mask of layer {self.name!r} must have one dimension less than its inputs. "
                f"Received: mask {tuple(mask.shape)}, inputs {tuple(inputs.shape)}."
            )
        dtype = dtypes.result_type(inputs.dtype, "float32")
        x = ops.cast(inputs, dtype)
        gamma, beta = (None if w is None else ops.cast(w, dtype) for w in (self.gamma, self.beta))
        learning = training and self.trainable and 0 not in x.shape  # of nothing there is no mean
        if learning:
            mean, variance = self._moments(x, mask)
            if self.renorm:
                gamma, beta = self._corrected(mean, variance, gamma, beta)
            else:
                self._move(self.moving_mean, mean, self.momentum)
                self._move(self.moving_variance, variance, self.momentum)
        else:
            mean = ops.cast(self.moving_mean, dtype)
            variance = ops.cast(self.moving_variance, dtype)
        out = ops.batch_normalization(
            x, mean, variance, self.axis, offset=beta, scale=gamma, epsilon=self.epsilon
        )
        return ops.cast(out, self.compute_dtype)

    def _move(self, average: Any, value: Any, momentum: float) -> Any:
        before = ops.cast(average, value.dtype)
        return average.assign(before * momentum + value * (1.0 - momentum))

    def _moments(self, x: Any, mask: Any) -> tuple[Any, Any]:
        """Mean and variance over all axes but the features'; of what is not masked."""
        rank = len(x.shape)
        axes = [i for i in range(rank) if i != self.axis % rank]
        if mask is None:
            return ops.moments(x, axes=axes, synchronized=self.synchronized)
        kept = ops.cast(ops.expand_dims(ops.cast(mask, "bool"), -1), x.dtype)
        count = ops.sum(ops.broadcast_to(kept, x.shape), axes, keepdims=True) + smallest()
        zero = ops.zeros_like(x)
        there = ops.broadcast_to(ops.cast(kept, "bool"), x.shape)
        mean = ops.sum(ops.where(there, x, zero), axes, keepdims=True) / count
        distance = ops.where(there, x - mean, zero)
        variance = ops.sum(ops.square(distance), axes, keepdims=True) / count
        size = (x.shape[self.axis],)
        return ops.reshape(mean, size), ops.reshape(variance, size)

    def _corrected(self, mean: Any, variance: Any, gamma: Any, beta: Any) -> tuple[Any, Any]:
        """Scale and offset with the correction in them; the averages move on."""
        deviation = ops.sqrt(variance + self.epsilon)
        old_mean = ops.cast(self.renorm_mean, mean.dtype)
        old = ops.maximum(ops.cast(self.renorm_stddev, mean.dtype), self.epsilon**0.5)
        r, d = deviation / old, (mean - old_mean) / old
        limits = self.renorm_clipping or {}
        if limits.get("rmin") is not None:
            r = ops.maximum(r, limits["rmin"])
        if limits.get("rmax") is not None:
            r = ops.minimum(r, limits["rmax"])
        if limits.get("dmax") is not None:
            d = ops.clip(d, -limits["dmax"], limits["dmax"])
        r, d = ops.stop_gradient(r), ops.stop_gradient(d)
        if gamma is not None:
            r, d = r * gamma, d * gamma
        if beta is not None:
            d = d + beta
        self._move(self.renorm_mean, mean, self.renorm_momentum)
        self._move(self.renorm_stddev, deviation, self.renorm_momentum)
        self._move(self.moving_mean, mean, self.momentum)
        moved = self._move(self.moving_stddev, deviation, self.momentum)
        self.moving_variance.assign(ops.relu(moved * moved - self.epsilon))
        return r, d
