"""Convolution with windows of 3 x 3, and its two gradients, by Winograd's algorithm.

For images with as many channels as fill vectors: with few channels and large images the library's
direct convolution is bound by its loads, and with more this takes less than half of its
multiplications. A number that is not finite spoils the whole tile it stands in.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from kerasette.arrays.switches import switches
from kerasette.core.kernels import kernel
from kerasette.core.spec import Spec
from kerasette.kernels.cpu import (
    onednn,  # noqa: F401, before these: who registers last is asked first
    threads,
)
from kerasette.kernels.cpu.llvm.compiler import function_later
from kerasette.kernels.cpu.llvm.vectors import lanes
from kerasette.kernels.cpu.winograd import programs, tiles
from kerasette.kernels.native import NativeKernel, Record, aligned

_MOST_WEIGHTS = 256 * 256  # pairs of channels; each thread sums up 16 times as many numbers
_FEWEST_TILES = 64  # below, transforming the weights is not worth its time
_WORTH_A_TEAM = 1 << 15  # multiplications for each thread, at least


class _Sizes(NamedTuple):
    """Of a convolution that gives ``out`` from ``x``."""

    x: tuple[int, ...]
    out: tuple[int, ...]
    before: tuple[int, ...]  # by how much the first window begins before the image

    @property
    def groups(self) -> tuple[int, int]:
        """Groups of channels in and out."""
        return self.x[-1] // lanes(), self.out[-1] // lanes()

    @property
    def tiles(self) -> tuple[int, int]:
        """How many there are down and to the right."""
        return -(-self.out[1] // 2), -(-self.out[2] // 2)

    @property
    def number(self) -> int:
        """How many there are in all."""
        return self.out[0] * math.prod(self.tiles)


def _suits(specs: Sequence[Spec], attributes: dict[str, Any]) -> bool:
    x, padding = specs[0], attributes["padding"]
    return (
        x.dtype == "float32"
        and switches.float32_products != "bfloat16"
        and len(x.shape) == 4
        and all(size for spec in specs for size in spec.shape)
        and attributes["strides"] == attributes["dilation"] == (1, 1)
        and attributes["groups"] == 1
        and all(0 <= count <= 2 for pair in padding for count in pair)
    )


def _worth_it(sizes: _Sizes) -> bool:
    deep, wide = sizes.x[-1], sizes.out[-1]
    whole = deep % lanes() == wide % lanes() == 0
    return whole and deep * wide <= _MOST_WEIGHTS and sizes.number >= _FEWEST_TILES


class Winograd(NativeKernel):
    """What the three operations have in common.

    Args:
        sizes: of the convolution that it is, or whose kernel's gradient it is.
        parts: the code of each record.
        names: which words of the block the operands are.
    """

    def __init__(self, out: Spec, sizes: _Sizes, parts: Sequence[str], names: Sequence[str]):
        self.outputs = (out,)
        self._sizes = sizes
        self._names = names
        self._functions = [function_later(part, "run", as_written=True) for part in parts]
        deep, wide = sizes.groups
        blocks = -(-sizes.number // tiles.TILES)
        work = sizes.number * tiles.PLACES * sizes.x[-1] * sizes.out[-1]
        self._team = max(1, min(threads.count(), blocks, work // _WORTH_A_TEAM))
        self._weights = tiles.PLACES * deep * wide * lanes() ** 2
        sums = "gradient" in names
        self._apart = tiles.PLACES * tiles.PITCH * (deep + wide) * lanes()
        if sums:
            self._apart += self._weights
        self.workspace = 4 * (self._team * self._apart + (0 if sums else self._weights))
        self._spare = aligned(4 * max(sizes.x[-1], sizes.out[-1]))
        self._spare[:] = 0

    def records(self, reads: Sequence[int], writes: Sequence[int], workspace: int) -> list[Record]:
        """Two records: one makes ready, or one sums up what threads have found."""
        sizes = self._sizes
        spare = self._spare.ctypes.data
        after = workspace + 4 * self._team * self._apart
        places = {"bias": spare, "spare": spare, "scratch": workspace, "weights": after}
        places |= dict(zip(self._names, reads, strict=True)) | {"result": writes[0]}
        numbers = [
            self._apart,
            *sizes.x[1:3],
            *sizes.groups,
            *sizes.before,
            *sizes.out[1:3],
            *sizes.tiles,
            sizes.number,
            self._team,
        ]
        block = np.array([*(places.get(name, 0) for name in tiles.ADDRESSES), *numbers], np.int64)
        words = (block.ctypes.data, self._team, 0, 0)
        return [Record(function(), words, (block, self._spare)) for function in self._functions]


def _forward(out: Spec, specs: Sequence[Spec], attributes: dict[str, Any]) -> Winograd | None:
    before = tuple(count for count, _ in attributes["padding"])
    sizes = _Sizes(specs[0].shape, out.shape, before)
    if specs[1].shape[:2] != (3, 3) or not _worth_it(sizes):
        return None
    parts = [programs.weights(), programs.forward()]
    return Winograd(out, sizes, parts, ("x", "kernel", "bias")[: len(specs)])


@kernel("conv", "cpu", when=_suits)
def conv(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Winograd | None:
    """The kernel of ``conv``."""
    from kerasette.ops.convolution import slide

    return _forward(slide.spec(*specs, **attributes), specs, attributes)


@kernel("biased_conv", "cpu", when=_suits)
def biased_conv(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Winograd | None:
    """The kernel of a convolution with a bias."""
    from kerasette.graph.fused import biased_conv as operation

    return _forward(operation.spec(*specs, **attributes), specs, attributes)


@kernel("conv_input_gradient", "cpu", when=_suits)
def conv_input_gradient(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Winograd | None:
    """The kernel of the gradient for the input: the gradient, convolved by the kernel turned."""
    from kerasette.ops.convolution import conv_input_gradient as operation

    out = operation.spec(*specs, **attributes)
    before = tuple(2 - count for count, _ in attributes["padding"])
    sizes = _Sizes(specs[0].shape, out.shape, before)
    if specs[1].shape[:2] != (3, 3) or not _worth_it(sizes):
        return None
    return Winograd(out, sizes, [programs.turned_weights(), programs.forward()], ("x", "kernel"))


@kernel("conv_kernel_gradient", "cpu", when=_suits)
def conv_kernel_gradient(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Winograd | None:
    """The kernel of the gradient for the kernel."""
    from kerasette.ops.convolution import conv_kernel_gradient as operation

    x, gradient = specs
    out = operation.spec(*specs, **attributes)
    before = tuple(count for count, _ in attributes["padding"])
    sizes = _Sizes(x.shape, gradient.shape, before)
    # With a single group each way the sums are as much work as what they save.
    few = sizes.groups == (1, 1)
    if attributes["window"] != (3, 3) or few or not _worth_it(sizes):
        return None
    parts = [programs.kernel_sums(), programs.kernel_gradient()]
    return Winograd(out, sizes, parts, ("x", "gradient"))
