"""Normalisation of each sample by itself: layer, group, root mean square, unit length."""

from typing import Any

from kerasette import ops
from kerasette.arrays import dtypes
from kerasette.constraints import ConstraintField
from kerasette.declared import declared
from kerasette.initializers import InitializerField
from kerasette.layers.input_spec import InputSpec
from kerasette.layers.layer import Layer
from kerasette.layers.normalization.base import ScaleAndOffset
from kerasette.regularizers import RegularizerField


@declared
class LayerNormalization(ScaleAndOffset):
    """Brings each sample to mean 0 and variance 1 over ``axis`` (Ba et al., 2016).

    Args:
        axis: the axis, or axes, that are normalised together.
        epsilon: added to the variance.
        center: whether an offset, beta, is learnt.
        scale: whether a scale, gamma, is learnt.
        beta_initializer, gamma_initializer: what they begin with.
        beta_regularizer, gamma_regularizer: penalties.
        beta_constraint, gamma_constraint: applied after updates.

    >>> kerasette.layers.LayerNormalization()(ops.array([[1.0, 3.0]])).numpy().round(2)
    array([[-1.,  1.]], dtype=float32)
    """

    axis: Any = -1
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: InitializerField = "zeros"
    gamma_initializer: InitializerField = "ones"
    beta_regularizer: RegularizerField = None
    gamma_regularizer: RegularizerField = None
    beta_constraint: ConstraintField = None
    gamma_constraint: ConstraintField = None

    def validate(self) -> None:
        self.axis = list(self.axis) if isinstance(self.axis, (list, tuple)) else int(self.axis)
        self.check_epsilon()
        self.autocast = False  # it computes in float32 at least, from what the inputs hold

    def build(self, input_shape: Any) -> None:
        axes = tuple(self.axis) if isinstance(self.axis, list) else (self.axis,)
        self.make_scale_and_offset(self.sizes(input_shape, axes))

    def call(self, inputs: Any) -> Any:
        dtype = dtypes.result_type(inputs.dtype, "float32")
        gamma, beta = (None if w is None else ops.cast(w, dtype) for w in (self.gamma, self.beta))
        out = ops.layer_normalization(
            ops.cast(inputs, dtype), gamma, beta, axis=self.axis, epsilon=self.epsilon
        )
        return ops.cast(out, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rms_scaling": False}  # an older setting, in Keras's files

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        config = dict(config)
        if config.pop("rms_scaling", False):
            raise ValueError(
                "LayerNormalization has no `rms_scaling` any more. Use RMSNormalization, which "
                "divides by the root of the mean square."
            )
        return cls(**config)


@declared
class RMSNormalization(Layer):
    """Divides by the root of the mean square over ``axis``, and scales (Zhang, Sennrich, 2019).

    Args:
        axis: the axis, or axes, that are normalised together.
        epsilon: added to the mean square.

    >>> kerasette.layers.RMSNormalization()(ops.array([[3.0, 3.0]])).numpy().round(2)
    array([[1., 1.]], dtype=float32)
    """

    axis: Any = -1
    epsilon: float = 1e-6

    def validate(self) -> None:
        self.axis = list(self.axis) if isinstance(self.axis, (list, tuple)) else self.axis
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        axes = self.axis if isinstance(self.axis, list) else [self.axis]
        shape = tuple(input_shape[axis] for axis in axes)
        self.scale = self.add_weight(name="scale", shape=shape, initializer="ones", autocast=False)

    def call(self, inputs: Any) -> Any:
        dtype = dtypes.result_type(inputs.dtype, "float32")
        out = ops.rms_normalization(
            ops.cast(inputs, dtype),
            scale=ops.cast(self.scale, dtype),
            axis=self.axis,
            epsilon=self.epsilon,
        )
        return ops.cast(out, self.compute_dtype)


@declared
class GroupNormalization(ScaleAndOffset):
    """Normalises groups of channels of each sample (Wu and He, 2018).

    Args:
        groups: the number of groups; -1 for one per channel.
        axis: the axis of the channels.
        epsilon: added to the variance.
        center: whether an offset, beta, is learnt.
        scale: whether a scale, gamma, is learnt.
        beta_initializer, gamma_initializer: what they begin with.
        beta_regularizer, gamma_regularizer: penalties.
        beta_constraint, gamma_constraint: applied after updates.

    >>> kerasette.layers.GroupNormalization(groups=2)(ops.ones((2, 5, 4))).shape
    (2, 5, 4)

    Raises: ValueError where the channels do not divide into the groups.
    """

    groups: int = 32
    axis: int = -1
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: InitializerField = "zeros"
    gamma_initializer: InitializerField = "ones"
    beta_regularizer: RegularizerField = None
    gamma_regularizer: RegularizerField = None
    beta_constraint: ConstraintField = None
    gamma_constraint: ConstraintField = None

    def validate(self) -> None:
        self.check_epsilon()
        self.autocast = False  # it computes in float32 at least, from what the inputs hold

    def build(self, input_shape: Any) -> None:
        (size,) = self.sizes(input_shape, (self.axis,))
        if self.groups == -1:
            self.groups = size
        if size < self.groups or size % self.groups:
            raise ValueError(
                f"The {size} channels of layer {self.name!r} do not divide into "
                f"groups={self.groups}."
            )
        self.make_scale_and_offset((size,))
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: size})

    def call(self, inputs: Any) -> Any:
        rank = len(inputs.shape)
        axis = self.axis % rank
        channels = inputs.shape[axis]
        dtype = dtypes.result_type(inputs.dtype, "float32")
        shape = list(inputs.shape)
        shape[axis : axis + 1] = [self.groups, channels // self.groups]
        x = ops.reshape(ops.cast(inputs, dtype), shape)
        axes = [i for i in range(1, rank + 1) if i != axis]
        mean, variance = ops.moments(x, axes=axes, keepdims=True)
        x = ops.reshape((x - mean) * ops.rsqrt(variance + self.epsilon), inputs.shape)
        wide = [1] * rank
        wide[axis] = channels
        if self.gamma is not None:
            x = x * ops.reshape(ops.cast(self.gamma, dtype), wide)
        if self.beta is not None:
            x = x + ops.reshape(ops.cast(self.beta, dtype), wide)
        return ops.cast(x, self.compute_dtype)


@declared
class UnitNormalization(Layer):
    """Brings each sample to length 1 over ``axis``: ``(...) -> (...)``.

    Args:
        axis: the axis, or axes, along which the length is taken.

    >>> kerasette.layers.UnitNormalization()(ops.array([[3.0, 4.0]])).numpy()
    array([[0.6, 0.8]], dtype=float32)
    """

    axis: Any = -1

    def validate(self) -> None:
        self.axis = list(self.axis) if isinstance(self.axis, (list, tuple)) else int(self.axis)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        axis = tuple(self.axis) if isinstance(self.axis, list) else self.axis
        return ops.normalize(inputs, axis=axis, order=2, epsilon=1e-12)
