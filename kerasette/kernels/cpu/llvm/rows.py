"""Small kernels over rows and elements: what clusters do not do, so that plans need no Python.

They are for plans only: in eager code numpy's own functions are as fast.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kerasette.arrays import dtypes
from kerasette.arrays.philox import KEY_STEPS, MULTIPLIERS, ROUNDS
from kerasette.core.kernels import kernel
from kerasette.core.primitive import find
from kerasette.core.spec import Spec
from kerasette.kernels.cpu.llvm.arithmetic import cast
from kerasette.kernels.cpu.llvm.builder import (
    FLOATS,
    TYPES,
    Builder,
    module,
    register_type,
)  # fmt: skip
from kerasette.kernels.cpu.llvm.compiler import function_address, function_later
from kerasette.kernels.cpu.moves import copy_record
from kerasette.kernels.instructions import NARROW
from kerasette.kernels.native import NativeKernel, Record

_INTEGERS = ("int32", "int64", "uint8", "int8", "int16", "uint16", "uint32", "uint64")


class Code(NativeKernel):
    """A kernel of one function: its block holds the results' addresses, the operands', numbers.

    Args:
        outputs: the specs of the results.
        write: writes the function: ``(builder, words) -> status``, where ``words(n)`` is the n-th
            word of the block and ``status`` a name of an i32, or "0".
        numbers: further words.
        can_fail: whether the status may be another.
    """

    def __init__(
        self,
        outputs: tuple[Spec, ...],
        write: Callable[[Builder, Callable[[int], str]], str],
        numbers: Sequence[int] = (),
        can_fail: bool = False,
    ):
        self.outputs = outputs
        self.can_fail = can_fail
        self._numbers = list(numbers)
        b = Builder()

        def word(index: int) -> str:
            place = b.value(f"getelementptr i64, ptr %block, i64 {index}")
            return b.value(f"load i64, ptr {place}")

        status = write(b, word)
        head = "define i32 @run(ptr %block, i64 %b, i64 %c, i64 %d) #0"
        self._function = function_later(module([b.text(head, f"ret i32 {status}")], b), "run")

    def records(self, reads: Sequence[int], writes: Sequence[int], workspace: int) -> list[Record]:
        """One record."""
        block = np.array([*writes, *reads, *self._numbers], np.int64)
        return [Record(self._function(), (block.ctypes.data, 0, 0, 0), block)]


def pointer(b: Builder, word: str) -> str:
    """A word as an address."""
    return b.value(f"inttoptr i64 {word} to ptr")


def _wrong(b: Builder, place: str, size: str) -> str:
    """Whether a place is not from 0 to size - 1."""
    return b.value(f"icmp uge i64 {place}, {size}")


@kernel("checked_labels", "cpu plan", when=lambda specs, attributes: specs[0].dtype in _INTEGERS)
def checked_labels(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Code:
    """Labels, copied; it fails where one is no class."""
    dtype = str(specs[0].dtype)

    def write(b: Builder, word: Callable[[int], str]) -> str:
        out, labels = pointer(b, word(0)), pointer(b, word(1))
        count, classes = word(2), word(3)
        wrong = b.slot("i32", "0")
        with b.loop("0", count, apart=True) as i:
            label = b.load(dtype, labels, i)
            b.store(dtype, label, out, i)
            bad = _wrong(b, cast(b, dtype, "int64", label), classes)
            b.set(
                "i32",
                wrong,
                b.value(f"or i32 {b.get('i32', wrong)}, {b.value(f'zext i1 {bad} to i32')}"),
            )
        return b.get("i32", wrong)

    numbers = [math.prod(specs[0].shape), attributes["classes"]]
    return Code((specs[0],), write, numbers, can_fail=True)


def _from_start(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> bool:
    return (
        attributes["axis"] == 0 and specs[1].dtype in ("int32", "int64") and specs[0].dtype in TYPES
    )


@kernel("take", "cpu plan", when=_from_start)
def take(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Code:
    """Rows by their numbers; it fails where one is not there. -1 is the last, as in numpy."""
    rows, places = specs
    kind = str(places.dtype)

    def write(b: Builder, word: Callable[[int], str]) -> str:
        out, source, numbers = (pointer(b, word(i)) for i in range(3))
        count, size, width = word(3), word(4), word(5)
        wrong = b.slot("i32", "0")
        with b.loop("0", count) as i:
            place = _counted(b, kind, numbers, i, size)
            bad = _wrong(b, place, size)
            b.set(
                "i32",
                wrong,
                b.value(f"or i32 {b.get('i32', wrong)}, {b.value(f'zext i1 {bad} to i32')}"),
            )
            safe = b.value(f"select i1 {bad}, i64 0, i64 {place}")
            target = b.value(f"getelementptr i8, ptr {out}, i64 {b.value(f'mul i64 {i}, {width}')}")
            row = b.value(
                f"getelementptr i8, ptr {source}, i64 {b.value(f'mul i64 {safe}, {width}')}"
            )
            b.declarations.add("declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)")
            b.line(
                f"call void @llvm.memcpy.p0.p0.i64(ptr {target}, ptr {row}, i64 {width}, i1 false)"
            )
        return b.get("i32", wrong)

    spec = find("take").spec(*specs, **attributes)
    width = math.prod(rows.shape[1:]) * dtypes.numpy_dtype(rows.dtype).itemsize
    return Code((spec,), write, [math.prod(places.shape), rows.shape[0], width], can_fail=True)


def _counted(b: Builder, kind: str, numbers: str, index: str, size: str) -> str:
    """A place, counted from the front."""
    place = cast(b, kind, "int64", b.load(kind, numbers, index))
    behind = b.value(f"add i64 {place}, {size}")
    return b.value(f"select i1 {b.value(f'icmp slt i64 {place}, 0')}, i64 {behind}, i64 {place}")


def _summed_from_start(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> bool:
    return _from_start(specs, attributes) and specs[0].dtype not in NARROW  # no exact sums


@kernel("add_at", "cpu plan", when=_summed_from_start)
def add_at(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Code:
    """Rows added up at places of zeros."""
    values, places = specs
    dtype, kind = str(values.dtype), str(places.dtype)
    spec = find("add_at").spec(*specs, **attributes)

    def write(b: Builder, word: Callable[[int], str]) -> str:
        out, source, numbers = (pointer(b, word(i)) for i in range(3))
        count, size, width, total = word(3), word(4), word(5), word(6)
        b.declarations.add("declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)")
        b.line(f"call void @llvm.memset.p0.i64(ptr {out}, i8 0, i64 {total}, i1 false)")
        wrong = b.slot("i32", "0")
        with b.loop("0", count) as i:
            place = _counted(b, kind, numbers, i, size)
            bad = _wrong(b, place, size)
            b.set(
                "i32",
                wrong,
                b.value(f"or i32 {b.get('i32', wrong)}, {b.value(f'zext i1 {bad} to i32')}"),
            )
            safe = b.value(f"select i1 {bad}, i64 0, i64 {place}")
            target, row = b.value(f"mul i64 {safe}, {width}"), b.value(f"mul i64 {i}, {width}")
            with b.loop("0", width, apart=True) as column:
                at = b.value(f"add i64 {target}, {column}")
                held = b.load(dtype, out, at)
                new = b.load(dtype, source, b.value(f"add i64 {row}, {column}"))
                add = "fadd" if dtype in FLOATS else "add"
                b.store(dtype, b.value(f"{add} {register_type(dtype)} {held}, {new}"), out, at)
        return b.get("i32", wrong)

    width = math.prod(values.shape[len(places.shape) :])
    total = math.prod(spec.shape) * dtypes.numpy_dtype(spec.dtype).itemsize
    numbers = [math.prod(places.shape), attributes["size"], width, total]
    return Code((spec,), write, numbers, can_fail=True)


@kernel("random_mask", "cpu plan")
def random_mask(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Code | None:
    """True with probability ``1 - rate``: the bits of ``arrays/philox.py``."""
    spec = find("random_mask").spec(*specs, **attributes)
    threshold = round(attributes["rate"] * 2**32)
    if threshold >= 2**32 or specs[0].dtype != "uint32":
        return None
    count = math.prod(spec.shape)

    def write(b: Builder, word: Callable[[int], str]) -> str:
        out, key = pointer(b, word(0)), pointer(b, word(1))
        blocks, limit = word(2), word(3)
        keys = [_round_keys(b, key, half) for half in (0, 1)]

        def four(block: str) -> list[str]:
            return [b.value(f"icmp uge i64 {word}, {limit}") for word in _philox(b, block, keys)]

        with b.loop("0", blocks, apart=True) as block:
            first = b.value(f"mul i64 {block}, 4")
            for place, mask in enumerate(four(block)):
                b.store("bool", mask, out, b.value(f"add i64 {first}, {place}"))
        rest = count % 4
        if rest:
            first = b.value(f"mul i64 {blocks}, 4")
            for place, mask in enumerate(four(blocks)[:rest]):
                b.store("bool", mask, out, b.value(f"add i64 {first}, {place}"))
        return "0"

    return Code((spec,), write, [count // 4, threshold])


def _round_keys(b: Builder, key: str, half: int) -> list[str]:
    """One word of the key, as each round takes it."""
    found = [cast(b, "uint32", "int64", b.load("uint32", key, str(half)))]
    for _ in range(ROUNDS - 1):
        stepped = b.value(f"add i64 {found[-1]}, {KEY_STEPS[half]}")
        found.append(b.value(f"and i64 {stepped}, 4294967295"))
    return found


def _philox(b: Builder, block: str, keys: list[list[str]]) -> list[str]:
    """The four words of a block."""
    c = [b.value(f"and i64 {block}, 4294967295"), b.value(f"lshr i64 {block}, 32"), "0", "0"]
    for turn in range(ROUNDS):
        right = b.value(f"mul i64 {MULTIPLIERS[0]}, {c[0]}")
        left = b.value(f"mul i64 {MULTIPLIERS[1]}, {c[2]}")
        mixed = []
        for product, other, key in ((left, c[1], keys[0][turn]), (right, c[3], keys[1][turn])):
            high = b.value(f"lshr i64 {product}, 32")
            mixed.append(b.value(f"xor i64 {b.value(f'xor i64 {high}, {other}')}, {key}"))
        low = [b.value(f"and i64 {product}, 4294967295") for product in (left, right)]
        c = [mixed[0], low[0], mixed[1], low[1]]
    return c


class Blocks(NativeKernel):
    """Arrays moved piece by piece: each is a number of stretches, equally far apart.

    Args:
        output: the spec of the result.
        pieces: operand, and of it and of the result: first byte and bytes from one stretch to the
            next; how many stretches; the bytes of one.
        clear: whether the result is 0 where no piece comes.
    """

    def __init__(self, output: Spec, pieces: Sequence[tuple[int, ...]], clear: bool):
        self.outputs = (output,)
        self._pieces = pieces
        self._clear = clear
        self._size = math.prod(output.shape) * dtypes.numpy_dtype(output.dtype).itemsize

    def records(self, reads: Sequence[int], writes: Sequence[int], workspace: int) -> list[Record]:
        """A record for each piece, after one that clears."""
        found = []
        if self._clear:
            found.append(Record(function_address(_BLOCKS, "clear"), (writes[0], self._size, 0, 0)))
        for operand, source, source_step, target, target_step, count, size in self._pieces:
            if count == 1:
                found.append(copy_record(writes[0] + target, reads[operand] + source, size))
                continue
            block = np.array(
                [
                    writes[0] + target,
                    reads[operand] + source,
                    target_step,
                    source_step,
                    count,
                    size,
                ],
                np.int64,
            )
            words = (block.ctypes.data, 0, 0, 0)
            found.append(Record(function_address(_BLOCKS, "blocks"), words, block))
        return found


_BLOCKS = """
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)

define i32 @clear(ptr %target, i64 %size, i64 %c, i64 %d) nounwind {
  call void @llvm.memset.p0.i64(ptr %target, i8 0, i64 %size, i1 false)
  ret i32 0
}

define i32 @blocks(ptr %block, i64 %b, i64 %c, i64 %d) nounwind {
entry:
  %p1 = getelementptr i64, ptr %block, i64 1
  %p2 = getelementptr i64, ptr %block, i64 2
  %p3 = getelementptr i64, ptr %block, i64 3
  %p4 = getelementptr i64, ptr %block, i64 4
  %p5 = getelementptr i64, ptr %block, i64 5
  %target = load ptr, ptr %block
  %source = load ptr, ptr %p1
  %target_step = load i64, ptr %p2
  %source_step = load i64, ptr %p3
  %count = load i64, ptr %p4
  %size = load i64, ptr %p5
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
  %to = mul i64 %i, %target_step
  %from = mul i64 %i, %source_step
  %out = getelementptr i8, ptr %target, i64 %to
  %in = getelementptr i8, ptr %source, i64 %from
  call void @llvm.memcpy.p0.p0.i64(ptr %out, ptr %in, i64 %size, i1 false)
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %count
  br i1 %more, label %loop, label %done
done:
  ret i32 0
}
"""


@kernel("concatenate", "cpu plan")
def concatenate(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Blocks | None:
    """Arrays side by side."""
    if len({spec.dtype for spec in specs}) > 1:
        return None
    out, axis = find("concatenate").spec(*specs, **attributes), attributes["axis"]
    item = dtypes.numpy_dtype(out.dtype).itemsize
    outer, step = math.prod(out.shape[:axis]), math.prod(out.shape[axis:]) * item
    widths = [math.prod(spec.shape[axis:]) * item for spec in specs]
    starts = itertools.accumulate([0, *widths])
    pieces = [
        (number, 0, width, start, step, outer, width)
        for number, (width, start) in enumerate(zip(widths, starts, strict=False))
    ]
    return Blocks(out, pieces, clear=False)


@kernel("unslice", "cpu plan")
def unslice(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Blocks | None:
    """An array within zeros, where it is one stretch of one axis, and of the others all."""
    shape, parts, spec = attributes["shape"], attributes["parts"], specs[0]
    cut = [
        axis
        for axis, ((start, count, step), size) in enumerate(zip(parts, shape, strict=True))
        if (start, count, step) != (0, size, 1)
    ]
    if len(cut) > 1 or any(parts[axis][2] != 1 for axis in cut):
        return None
    out, axis = Spec(shape, spec.dtype), cut[0] if cut else 0
    item = dtypes.numpy_dtype(spec.dtype).itemsize
    inner = math.prod(shape[axis + 1 :]) * item
    width, step = spec.shape[axis] * inner, shape[axis] * inner
    piece = (0, 0, width, parts[axis][0] * inner, step, math.prod(shape[:axis]), width)
    return Blocks(out, [piece], clear=True)


def _in_the_middle(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> bool:
    """Whether the axes that are added up follow each other."""
    axis = attributes["axis"]
    together = bool(axis) and axis == tuple(range(axis[0], axis[-1] + 1))
    return together and specs[0].dtype in FLOATS


def _middle(name: str) -> None:
    def make(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Code:
        (spec,), axis = specs, attributes["axis"]
        dtype = str(spec.dtype)
        outer = math.prod(spec.shape[: axis[0]])
        count = math.prod(spec.shape[axis[0] : axis[-1] + 1])
        inner = math.prod(spec.shape[axis[-1] + 1 :])

        def write(b: Builder, word: Callable[[int], str]) -> str:
            out, source = pointer(b, word(0)), pointer(b, word(1))
            before, middle, after = word(2), word(3), word(4)
            kind = register_type(dtype)
            divisor = cast(b, "int64", dtype, middle)
            with b.loop("0", before) as o:
                target = b.value(f"mul i64 {o}, {after}")
                first = b.value(f"mul i64 {target}, {middle}")
                with b.loop("0", after, apart=True) as c:
                    b.store(dtype, "0.0", out, b.value(f"add i64 {target}, {c}"))
                with b.loop("0", middle) as m:
                    row = b.value(f"add i64 {first}, {b.value(f'mul i64 {m}, {after}')}")
                    with b.loop("0", after, apart=True) as c:
                        place = b.value(f"add i64 {target}, {c}")
                        held, new = (
                            b.load(dtype, out, place),
                            b.load(dtype, source, b.value(f"add i64 {row}, {c}")),
                        )
                        b.store(dtype, b.value(f"fadd {kind} {held}, {new}"), out, place)
                if name == "mean":
                    with b.loop("0", after, apart=True) as c:
                        place = b.value(f"add i64 {target}, {c}")
                        held = b.load(dtype, out, place)
                        b.store(dtype, b.value(f"fdiv {kind} {held}, {divisor}"), out, place)
            return "0"

        return Code((find(name).spec(*specs, **attributes),), write, [outer, count, inner])

    kernel(name, "cpu plan", when=_in_the_middle)(make)


_middle("sum")
_middle("mean")
