"""The programs: the convolution, the sums of the gradient for the kernel, and the transforms of
kernels.
"""

import functools
from collections.abc import Sequence

from kerasette.kernels.cpu.llvm.blocks import multiply
from kerasette.kernels.cpu.llvm.vectors import Vector
from kerasette.kernels.cpu.winograd.tiles import PITCH, PLACES, TILES, Code
from kerasette.kernels.cpu.winograd.transforms import (
    both_ways,
    of_gradient,
    of_input,
    of_kernel,
    to_kernel,
    to_result,
)


@functools.cache
def forward() -> str:
    """The convolution of ``x`` by transformed weights."""
    code = Code()
    b, word = code.b, code.word
    tiles = code.scratch()
    deep, wide = word["deep"], word["wide"]
    products = b.at(tiles, b.mul(deep, PLACES * PITCH * b.lanes))
    first, end = code.share(code.blocks())
    with b.loop(first, end) as block:
        code.gather(
            block,
            "x",
            ("rows", "columns", "deep"),
            (word["before"], word["aside"]),
            4,
            of_input,
            tiles,
        )
        with b.loop("0", str(PLACES), some=True) as place:

            def columns(group: str, count: int) -> None:
                height = code.rows_for(count)
                with b.loop("0", str(TILES // height), some=True) as part:
                    _forward_product(code, place, group, b.mul(part, height), (height, count))

            code.in_pairs(wide, columns)
        _scatter(code, block, products)
    return code.text()


def _forward_product(code: Code, place: str, group: str, tile: str, size: tuple[int, int]) -> None:
    """Of some tiles and groups of channels out, the sum over all channels in."""
    b, word = code.b, code.word
    deep, wide, lanes = word["deep"], word["wide"], code.b.lanes
    tiles = code.scratch()
    turns = lanes // 4
    products = b.at(tiles, b.mul(deep, PLACES * PITCH * lanes))

    def left(turn: str) -> str:
        within = b.mul(b.compute("urem", turn, turns), 4)
        return b.at(tiles, code.tile(b.compute("udiv", turn, turns), place, tile), within)

    def right(turn: str, column: int) -> str:
        outer = b.mul(b.add(b.mul(place, wide), group, column), deep)
        return b.at(word["weights"], b.mul(b.add(b.mul(outer, lanes), b.mul(turn, 4)), lanes))

    def total(row: int, column: int) -> str:
        return b.at(products, code.tile(b.add(group, column), place, tile), row * lanes)

    multiply(
        b,
        size,
        b.mul(deep, turns),
        left,
        (lanes, 1),
        right,
        begin=lambda row, column: Vector(b, "zeroinitializer"),
        end=lambda row, column, found: b.put(found, total(row, column)),
        unrolled=4,
    )


def _scatter(code: Code, block: str, products: str) -> None:
    """Put the results of a block of tiles where they belong."""
    b, word = code.b, code.word
    wide, lanes = word["wide"], b.lanes
    pixel = b.mul(wide, lanes)

    def one(tile: str, number: str, row: str, column: str) -> None:
        top, side = b.mul(row, 2), b.mul(column, 2)
        line = b.add(b.mul(number, word["out_rows"]), top)
        start = b.mul(b.add(b.mul(line, word["out_columns"]), side), pixel)
        lower = code.less(b.add(top, 1), word["out_rows"])
        beside = code.less(b.add(side, 1), word["out_columns"])
        below = b.mul(word["out_columns"], pixel)
        with b.loop("0", wide, some=True) as group:
            first = b.at(products, code.tile(group, "0", tile))
            found = [b.vector(b.at(first, n * PITCH * lanes)) for n in range(PLACES)]
            square = [found[j : j + 4] for j in range(0, PLACES, 4)]
            bias = b.vector(b.at(word["bias"], b.mul(group, lanes)))
            made = [[v + bias for v in line] for line in both_ways(to_result, square)]
            here = b.at(word["result"], start, b.mul(group, lanes))
            b.put(made[0][0], here)
            b.when(beside, lambda: b.put(made[0][1], b.at(here, pixel)))

            def second() -> None:
                under = b.at(here, below)
                b.put(made[1][0], under)
                b.when(beside, lambda: b.put(made[1][1], b.at(under, pixel)))

            b.when(lower, second)

    code.tiles(block, one)


@functools.cache
def weights() -> str:
    """The transform of the kernel, into ``(place, group out, channel in, lane)``."""
    code = Code()
    b, word = code.b, code.word
    deep, wide, lanes = word["deep"], word["wide"], b.lanes
    depth = b.mul(deep, lanes)
    first, end = code.share(b.mul(wide, depth))
    with b.loop(first, end) as number:
        group, channel = b.compute("sdiv", number, depth), b.compute("srem", number, depth)
        window = [
            b.vector(b.at(word["kernel"], _of_window(code, depth, wide, tap, channel, group)))
            for tap in range(9)
        ]
        _put_weights(code, window, wide, depth, group, channel)
    return code.text()


def _of_window(code: Code, depth: str, wide: str, tap: str | int, channel: str, group: str) -> str:
    """Where in a kernel a vector stands."""
    b = code.b
    row = b.add(b.mul(depth, tap), channel)
    return b.mul(b.add(b.mul(row, wide), group), b.lanes)


def _put_weights(
    code: Code, window: Sequence[Vector], wide: str, depth: str, group: str, channel: str
) -> None:
    b = code.b
    square = [window[j : j + 3] for j in range(0, 9, 3)]
    made = [v for line in both_ways(of_kernel, square) for v in line]
    for place, vector in enumerate(made):
        row = b.add(b.mul(b.add(b.mul(wide, place), group), depth), channel)
        b.put(vector, b.at(code.word["weights"], b.mul(row, b.lanes)))


@functools.cache
def turned_weights() -> str:
    """The same for the gradient for the input, which is a convolution by the kernel turned round,
    its channels in and out (here ``wide`` and ``deep``) exchanged.
    """
    code = Code()
    b, word = code.b, code.word
    deep, wide, lanes = word["deep"], word["wide"], b.lanes
    depth = b.mul(deep, lanes)
    square = lanes * lanes
    held = b.value(f"alloca [{9 * square} x float], align 64")
    first, end = code.share(b.mul(wide, deep))
    with b.loop(first, end) as number:
        group, inner = b.compute("sdiv", number, deep), b.compute("srem", number, deep)
        start = b.mul(group, lanes)
        with b.loop("0", "9", some=True) as tap:
            upper = _of_window(code, b.mul(wide, lanes), deep, tap, start, inner)
            rows = [b.vector(b.at(word["kernel"], upper, b.mul(depth, i))) for i in range(lanes)]
            turned = b.mul(b.compute("sub", 8, tap), square)
            for place, column in enumerate(b.transposed(rows)):
                b.put(column, b.at(held, turned, place * lanes))
        with b.loop("0", str(lanes), some=True) as lane:
            window = [b.vector(b.at(held, b.mul(lane, lanes), n * square)) for n in range(9)]
            _put_weights(code, window, wide, depth, group, b.add(b.mul(inner, lanes), lane))
    return code.text()


@functools.cache
def kernel_sums() -> str:
    """Sums over a thread's tiles of the products of pixels and gradients, at each place."""
    code = Code()
    b, word = code.b, code.word
    deep, wide, lanes = word["deep"], word["wide"], b.lanes
    sums = code.scratch()
    depth = b.mul(deep, lanes)
    length = b.mul(PLACES, wide, depth)  # vectors
    tiles = b.at(sums, b.mul(length, lanes))
    gradients = b.at(tiles, b.mul(deep, PLACES * PITCH * lanes))
    with b.loop("0", length, some=True) as i:
        b.put(Vector(b, "zeroinitializer"), b.at(sums, b.mul(i, lanes)))
    first, end = code.share(code.blocks())
    with b.loop(first, end) as block:
        corner = (word["before"], word["aside"])
        sizes = ("rows", "columns", "deep")
        count = code.gather(block, "x", sizes, corner, 4, of_input, tiles)
        sizes = ("out_rows", "out_columns", "wide")
        code.gather(block, "gradient", sizes, ("0", "0"), 2, of_gradient, gradients)
        with b.loop("0", str(PLACES), some=True) as place:

            def columns(group: str, number: int) -> None:
                height = min(code.rows_for(number), lanes)
                with (
                    b.loop("0", deep, some=True) as inner,
                    b.loop("0", str(lanes // height), some=True) as part,
                ):

                    def left(tile: str) -> str:
                        return b.at(tiles, code.tile(inner, place, tile), b.mul(part, height))

                    def right(tile: str, column: int) -> str:
                        return b.at(gradients, code.tile(b.add(group, column), place, tile))

                    def total(row: int, column: int) -> str:
                        outer = b.mul(b.add(b.mul(place, wide), group, column), depth)
                        channel = b.add(b.mul(inner, lanes), b.mul(part, height), row)
                        return b.at(sums, b.mul(b.add(outer, channel), lanes))

                    multiply(
                        b,
                        (height, number),
                        count,
                        left,
                        (1, 0),
                        right,
                        begin=lambda row, column: b.vector(total(row, column)),
                        end=lambda row, column, found: b.put(found, total(row, column)),
                    )

            code.in_pairs(wide, columns)
    return code.text()


@functools.cache
def kernel_gradient() -> str:
    """The gradient for the kernel, from the sums of all threads."""
    code = Code()
    b, word = code.b, code.word
    deep, wide, lanes = word["deep"], word["wide"], b.lanes
    depth = b.mul(deep, lanes)
    first, end = code.share(b.mul(wide, depth))
    with b.loop(first, end) as number:
        group, channel = b.compute("sdiv", number, depth), b.compute("srem", number, depth)
        step = b.mul(wide, depth, lanes)
        start = b.mul(b.add(b.mul(group, depth), channel), lanes)
        places = [b.at(word["scratch"], start, b.mul(step, place)) for place in range(PLACES)]
        slots = [b.slot(b.kind, b.vector(place).name) for place in places]
        with b.loop("1", word["team"]) as thread:
            offset = b.mul(thread, word["apart"])
            for place, slot in zip(places, slots, strict=True):
                more = Vector(b, b.get(b.kind, slot)) + b.vector(b.at(place, offset))
                b.set(b.kind, slot, more.name)
        found = [Vector(b, b.get(b.kind, slot)) for slot in slots]
        square = [found[j : j + 4] for j in range(0, PLACES, 4)]
        made = [v for line in both_ways(to_kernel, square) for v in line]
        for tap, vector in enumerate(made):
            b.put(vector, b.at(word["result"], _of_window(code, depth, wide, tap, channel, group)))
    return code.text()
