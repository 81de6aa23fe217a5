"""Pooling and its gradients: a thread for each result. NaN stays NaN, which cuDNN's max-pooling
loses; for average pooling its frontend for Python has no operation.

Signals and images are volumes whose first axes have size 1. Sizes, windows, strides and padding are
words, so that there is one piece of code for each dtype.
"""

import math
from typing import Any

from kerasette.core.kernels import kernel
from kerasette.core.primitive import find
from kerasette.core.spec import Spec
from kerasette.kernels.gpu import driver as drivers
from kerasette.kernels.gpu.cuda.expressions import limits
from kerasette.kernels.gpu.cuda.launch import THREADS, Launch
from kerasette.kernels.gpu.cuda.prelude import COMPUTED, STORED
from kerasette.kernels.gpu.cuda.source import stored
from kerasette.kernels.instructions import NARROW, wide

FLOATS = ("float32", "float64", *NARROW)
_MOST = 1 << 16  # blocks

# The words: three operands and the result, how many results, the channels, and for each of three
# axes the size, the windows, the window's size, its stride and the padding before.
_BEGIN = """
extern "C" __global__ void cluster(const Words<21> given) {
  const STORED *x = (const STORED *)given.word[0];
  const STORED *greatest_of = (const STORED *)given.word[1];
  const STORED *gradient = (const STORED *)given.word[2];
  STORED *out = (STORED *)given.word[3];
  const long long count = given.word[4], channels = given.word[5];
  long long size[3], windows[3], width[3], stride[3], before[3];
  for (int axis = 0; axis < 3; ++axis) {
    size[axis] = given.word[6 + 5 * axis];
    windows[axis] = given.word[7 + 5 * axis];
    width[axis] = given.word[8 + 5 * axis];
    stride[axis] = given.word[9 + 5 * axis];
    before[axis] = given.word[10 + 5 * axis];
  }
  const long long steps = (long long)gridDim.x * blockDim.x;
  long long place = (long long)blockIdx.x * blockDim.x + threadIdx.x;
  for (; place < count; place += steps) {
    const long long channel = place % channels;
    long long rest = place / channels, at[3], o[3];
    for (int axis = 2; axis >= 0; --axis) {
      at[axis] = rest % RANGE[axis];
      rest /= RANGE[axis];
    }
    const long long picture = rest;
"""
_VALUE = """
        COMPUTED value = LEAST;  // of padding
        bool inside = true;
        long long from = picture;
        for (int axis = 0; axis < 3; ++axis) {
          const long long p = FIRST[axis] * stride[axis] - before[axis] + o[axis];
          inside = inside && p >= 0 && p < size[axis];
          from = from * size[axis] + p;
        }
        if (inside) value = LOAD(x[from * channels + channel]);
"""
_EVERY = """for (o[0] = 0; o[0] < width[0]; ++o[0])
      for (o[1] = 0; o[1] < width[1]; ++o[1])
      for (o[2] = 0; o[2] < width[2]; ++o[2])"""

# The windows above an input, by the place that it has in them.
_UNDER = """    for (my[0] = 0; my[0] < width[0]; ++my[0])
    for (my[1] = 0; my[1] < width[1]; ++my[1])
    for (my[2] = 0; my[2] < width[2]; ++my[2]) {
      bool under = true;
      long long window = picture;
      for (int axis = 0; axis < 3; ++axis) {
        const long long start = at[axis] + before[axis] - my[axis];
        w[axis] = start / stride[axis];
        under = under && start >= 0 && start % stride[axis] == 0 && w[axis] < windows[axis];
        window = window * windows[axis] + w[axis];
      }
      if (!under) continue;
"""

_POOL = (
    _BEGIN.replace("RANGE", "windows")
    + "    COMPUTED found = LEAST;\n    "
    + _EVERY
    + " {"
    + _VALUE.replace("FIRST", "at")
    + """        found = greatest(found, value);
      }
    out[place] = STORE(found);
  }
}
"""
)

# An input gets the gradients of the windows of which it is the first greatest value; windows are
# gone through as the reference code does it, by the place that the input has in them.
_GRADIENT = (
    _BEGIN.replace("RANGE", "size")
    + """    const COMPUTED mine = LOAD(x[place]);
    COMPUTED total = 0;
    long long w[3], my[3];
"""
    + _UNDER
    + """      const long long index = window * channels + channel;
      const COMPUTED most = LOAD(greatest_of[index]);
      if (mine != most) continue;
      bool first = true;
      """
    + _EVERY
    + """ {
        const long long here = (o[0] * width[1] + o[1]) * width[2] + o[2];
        if (!first || here >= (my[0] * width[1] + my[1]) * width[2] + my[2]) continue;
"""
    + _VALUE.replace("FIRST", "w")
    + """        if (value == most) first = false;
      }
      if (first) total += LOAD(gradient[index]);
    }
    out[place] = STORE(total);
  }
}
"""
)

# How many values of a window are none of the padding.
_OCCUPIED = """
      long long occupied = 1;
      for (int axis = 0; axis < 3; ++axis) {
        const long long start = FIRST[axis] * stride[axis] - before[axis];
        const long long stop = start + width[axis];
        occupied *= (stop < size[axis] ? stop : size[axis]) - (start > 0 ? start : 0);
      }
"""

_MEAN = (
    _BEGIN.replace("RANGE", "windows")
    + "    COMPUTED total = 0;\n    "
    + _EVERY
    + " {"
    + _VALUE.replace("FIRST", "at").replace("LEAST", "0")
    + "        total += value;\n      }"
    + _OCCUPIED.replace("FIRST", "at")
    + """    total /= (COMPUTED)occupied;
    out[place] = STORE(total);
  }
}
"""
)

_MEAN_GRADIENT = (
    _BEGIN.replace("RANGE", "size").replace("greatest_of", "unused")
    + """    COMPUTED total = 0;
    long long w[3], my[3];
"""
    + _UNDER
    + _OCCUPIED.replace("FIRST", "w")
    + """      total += LOAD(x[window * channels + channel]) / (COMPUTED)occupied;
    }
    out[place] = STORE(total);
  }
}
"""
)

TEXTS = (_POOL, _GRADIENT, _MEAN, _MEAN_GRADIENT)


def source(text: str, dtype: str) -> str:
    """The code for a dtype."""
    load = f"from_{dtype}" if dtype in NARROW else f"({COMPUTED[dtype]})"
    text = text.replace("STORE(found)", stored(dtype, "found"))
    text = text.replace("STORE(total)", stored(dtype, "total")).replace("LOAD", load)
    text = text.replace("LEAST", limits(wide(dtype))[0])
    return text.replace("STORED", STORED[dtype]).replace("COMPUTED", COMPUTED[dtype])


class Pooling:
    """Pooling, or its gradient, of given sizes.

    Args:
        pictures: the shape of what is pooled, ``(n, *spatial, c)``.
        pooled: that of what comes out of it.
    """

    def __init__(
        self,
        text: str,
        out: Spec,
        pictures: tuple[int, ...],
        pooled: tuple[int, ...],
        attributes: dict[str, Any],
    ):
        self._out, self._driver = out, drivers.driver()
        count = math.prod(out.shape)
        self._launch = Launch(min(-(-count // THREADS), _MOST), THREADS, 1)
        self._function = self._driver.function(source(text, str(out.dtype)), "cluster")
        missing = 3 - len(attributes["window"])
        axes = [(1, 1, 1, 1, 0)] * missing + [
            (size, windows, width, stride, before)
            for size, windows, width, stride, (before, _) in zip(
                pictures[1:-1], pooled[1:-1], attributes["window"], attributes["strides"],
                attributes["padding"], strict=True,
            )
        ]  # fmt: skip
        self._numbers = [count, pictures[-1], *(number for axis in axes for number in axis)]

    def __call__(self, *arrays: Any) -> Any:
        operands = [self._driver.contiguous(array) for array in arrays]
        out = self._driver.empty(self._out)
        addresses = [array.data.ptr for array in operands] + [0] * (3 - len(operands))
        self._driver.launch(
            self._function, self._launch, [*addresses, out.data.ptr, *self._numbers]
        )
        return out


def suits(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> bool:
    """Floats of one type, in up to three axes."""
    return (
        specs[0].dtype in FLOATS
        and len({spec.dtype for spec in specs}) == 1
        and len(attributes["window"]) <= 3
        and all(size for spec in specs for size in spec.shape)
        and drivers.driver() is not None
    )


@kernel("average_pool", "gpu", when=suits)
def average_pool(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Pooling:
    """The mean of each window."""
    out = find("average_pool").spec(*specs, **attributes)
    return Pooling(_MEAN, out, specs[0].shape, out.shape, attributes)


@kernel("average_pool_gradient", "gpu", when=suits)
def average_pool_gradient(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Pooling:
    """Each window's gradient, shared by its values."""
    out = find("average_pool_gradient").spec(*specs, **attributes)
    return Pooling(_MEAN_GRADIENT, out, out.shape, specs[0].shape, attributes)


@kernel("max_pool", "gpu", when=suits)
def max_pool(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Pooling:
    """The greatest value of each window."""
    out = find("max_pool").spec(*specs, **attributes)
    return Pooling(_POOL, out, specs[0].shape, out.shape, attributes)


@kernel("max_pool_gradient", "gpu", when=suits)
def max_pool_gradient(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Pooling:
    """Each window's gradient for its first greatest value."""
    return Pooling(_GRADIENT, specs[0], specs[0].shape, specs[1].shape, attributes)
