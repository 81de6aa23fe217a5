"""Initializers whose spread follows from the number of a weight's inputs and outputs."""

import math
from typing import TYPE_CHECKING, Any

from kerasette import random as kerasette_random
from kerasette.arrays import dtypes
from kerasette.declared import declared
from kerasette.errors import unknown_name
from kerasette.initializers.randoms import RandomInitializer

__all__ = [
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "LecunNormal",
    "LecunUniform",
    "VarianceScaling",
    "compute_fans",
]

_MODES = ("fan_in", "fan_out", "fan_avg")
_DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")
# The standard deviation of a standard normal distribution that is cut at 2.
_CUT = math.sqrt(1 - 4 * math.exp(-2) / math.sqrt(2 * math.pi) / math.erf(math.sqrt(2)))


def compute_fans(shape: Any, input_axes: Any = None, output_axes: Any = None) -> tuple[int, int]:
    """How many inputs and outputs each output and input of a weight is connected to.

    The last two axes are inputs and outputs; those before them (a convolution's window) count for
    both. ``input_axes`` and ``output_axes``, where both are given, say it outright.

    >>> compute_fans((3, 3, 16, 32))
    (144, 288)
    """
    shape = tuple(int(size) for size in shape)
    if input_axes is not None and output_axes is not None:
        inputs = math.prod(shape[axis] for axis in input_axes)
        return inputs, math.prod(shape[axis] for axis in output_axes)
    if len(shape) < 2:
        size = shape[0] if shape else 1
        return size, size
    window = math.prod(shape[:-2])
    return shape[-2] * window, shape[-1] * window


@declared
class _Scaled(RandomInitializer):
    """Random values of variance ``scale / n``, ``n`` the inputs, the outputs or their mean.

    A class says by ``scale``, ``mode`` and ``distribution`` which they are.
    """

    seed: Any = None
    input_axes: Any = None
    output_axes: Any = None
    if TYPE_CHECKING:
        scale: float
        mode: str
        distribution: str

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        fan_in, fan_out = compute_fans(shape, self.input_axes, self.output_axes)
        count = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, count)
        dtype = dtypes.standardize_dtype(dtype)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return kerasette_random.uniform(shape, -limit, limit, dtype, self.seed)
        deviation = math.sqrt(variance)
        if self.distribution == "untruncated_normal":
            return kerasette_random.normal(shape, 0.0, deviation, dtype, self.seed)
        return kerasette_random.truncated_normal(shape, 0.0, deviation / _CUT, dtype, self.seed)


@declared
class VarianceScaling(_Scaled):
    """Random values of mean 0 and variance ``scale / n``.

    Args:
        scale: a factor, above 0.
        mode: what ``n`` is: "fan_in" (inputs), "fan_out" (outputs) or "fan_avg" (their mean).
        distribution: "truncated_normal" (cut at two deviations), "untruncated_normal" or "uniform".
        seed: an integer, a ``SeedGenerator``, or ``None`` for a random one.
        input_axes: the axes of the weight that are inputs, where they are not the usual ones.
        output_axes: the axes that are outputs; likewise.

    >>> kerasette.initializers.VarianceScaling(2.0, mode="fan_out", seed=1)((3, 4)).shape
    (3, 4)
    """

    scale: float = 1.0
    mode: str = "fan_in"
    distribution: str = "truncated_normal"

    def validate(self) -> None:
        super().validate()
        if not self.scale > 0:
            raise ValueError(f"`scale` must be above 0. Received: scale={self.scale}.")
        if self.mode not in _MODES:
            raise unknown_name("mode", self.mode, _MODES)
        self.distribution = str(self.distribution).lower()
        if self.distribution == "normal":
            self.distribution = "truncated_normal"
        if self.distribution not in _DISTRIBUTIONS:
            raise unknown_name("distribution", self.distribution, _DISTRIBUTIONS)


@declared
class GlorotUniform(_Scaled):
    """Uniform with variance ``2 / (inputs + outputs)``: ``VarianceScaling(1, "fan_avg",
    "uniform")``.

    Reference: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", AISTATS 2010.
    """

    scale, mode, distribution = 1.0, "fan_avg", "uniform"


@declared
class GlorotNormal(_Scaled):
    """Truncated normal with variance ``2 / (inputs + outputs)``.

    Reference: as for ``GlorotUniform``.
    """

    scale, mode, distribution = 1.0, "fan_avg", "truncated_normal"


@declared
class LecunNormal(_Scaled):
    """Truncated normal with variance ``1 / inputs``.

    Reference: LeCun et al., "Efficient BackProp", Neural Networks: Tricks of the Trade (1998).
    """

    scale, mode, distribution = 1.0, "fan_in", "truncated_normal"


@declared
class LecunUniform(_Scaled):
    """Uniform with variance ``1 / inputs``.

    Reference: as for ``LecunNormal``.
    """

    scale, mode, distribution = 1.0, "fan_in", "uniform"


@declared
class HeNormal(_Scaled):
    """Truncated normal with variance ``2 / inputs``, for layers followed by a ReLU.

    Reference: He et al., "Delving deep into rectifiers", ICCV 2015.
    """

    scale, mode, distribution = 2.0, "fan_in", "truncated_normal"


@declared
class HeUniform(_Scaled):
    """Uniform with variance ``2 / inputs``.

    Reference: as for ``HeNormal``.
    """

    scale, mode, distribution = 2.0, "fan_in", "uniform"
