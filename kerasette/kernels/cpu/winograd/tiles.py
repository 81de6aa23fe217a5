"""What the programs have in common: shares of the work, blocks of tiles, products of tiles."""

from collections.abc import Callable

from kerasette.kernels.cpu.llvm.builder import module
from kerasette.kernels.cpu.llvm.team import entry
from kerasette.kernels.cpu.llvm.vectors import VectorBuilder
from kerasette.kernels.cpu.winograd.transforms import Transform, both_ways

TILES = 16  # that are transformed at a time, and stay in the cache: a multiple of 16
PLACES = 16  # of a tile
PITCH = TILES + 1  # vectors from place to place: not a power of two, which caches do not like
# The words of a block: addresses, then sizes. "spare" is as long as a pixel and all zeros; "deep"
# and "wide" are the groups of channels in and out.
WORDS = (
    "x", "kernel", "result", "bias", "gradient", "weights", "spare", "scratch",
    "apart", "rows", "columns", "deep", "wide", "before", "aside", "out_rows", "out_columns",
    "down", "right", "tiles", "team",
)  # fmt: skip
ADDRESSES = WORDS[:8]


class Code:
    """A function ``part(block, number, team)``: what one thread of a team does."""

    def __init__(self) -> None:
        self.b = b = VectorBuilder()
        self.word = {}
        for place, name in enumerate(WORDS):
            at = b.value(f"getelementptr i64, ptr %block, i64 {place}")
            kind = "ptr" if name in ADDRESSES else "i64"
            self.word[name] = b.value(f"load {kind}, ptr {at}")

    def share(self, count: str) -> tuple[str, str]:
        """Where this thread's share of so many things begins and ends."""
        b = self.b
        first = b.compute("sdiv", b.mul(count, "%number"), "%team")
        after = b.mul(count, b.add("%number", 1))
        return first, b.compute("sdiv", after, "%team")

    def scratch(self) -> str:
        """The beginning of this thread's scratch memory."""
        return self.b.at(self.word["scratch"], self.b.mul("%number", self.word["apart"]))

    def less(self, first: str, second: str) -> str:
        """Whether a place lies within a size; those before 0 do not."""
        return self.b.value(f"icmp ult i64 {first}, {second}")

    def text(self) -> str:
        """The module; ``run(block, team)`` is what a record calls."""
        head = "define internal void @part(ptr noalias %block, i64 %number, i64 %team) #0"
        return module([self.b.text(head), entry(WORDS.index("team"))], self.b)

    def fits(self, first: str, extent: int, size: str) -> str:
        """Whether as many places from the first lie within a size."""
        b = self.b
        last = self.less(b.add(first, extent - 1), size)
        return b.value(f"and i1 {self.less(first, size)}, {last}")

    # Tiles.

    def blocks(self) -> str:
        """In how many blocks the tiles come."""
        return self.b.compute("sdiv", self.b.add(self.word["tiles"], TILES - 1), TILES)

    def tiles(self, block: str, work: Callable[[str, str, str, str], None]) -> str:
        """``work(number within the block, image, row, column)`` for each tile of a block.

        Returns: how many they are.
        """
        b, word = self.b, self.word
        start = b.mul(block, TILES)
        left = b.compute("sub", word["tiles"], start)
        count = b.call("llvm.smin.i64", "i64", ("i64", left), ("i64", str(TILES)))
        line = b.compute("sdiv", start, word["right"])
        column = b.slot("i64", b.compute("srem", start, word["right"]))
        row = b.slot("i64", b.compute("srem", line, word["down"]))
        image = b.slot("i64", b.compute("sdiv", line, word["down"]))
        with b.loop("0", count, some=True) as tile:
            work(tile, b.get("i64", image), b.get("i64", row), b.get("i64", column))
            over = self._next(column, "true", word["right"])
            over = self._next(row, over, word["down"])
            b.set("i64", image, b.add(b.get("i64", image), b.value(f"zext i1 {over} to i64")))
        return count

    def _next(self, slot: str, carry: str, size: str) -> str:
        """Count on where ``carry`` says so; whether this went over the end, to 0."""
        b = self.b
        here = b.add(b.get("i64", slot), b.value(f"zext i1 {carry} to i64"))
        over = b.value(f"icmp eq i64 {here}, {size}")
        b.set("i64", slot, b.value(f"select i1 {over}, i64 0, i64 {here}"))
        return over

    def tile(self, group: str, place: str, tile: str | int) -> str:
        """Where a transformed tile's vector stands."""
        b = self.b
        row = b.add(b.mul(b.add(b.mul(group, PLACES), place), PITCH), tile)
        return b.mul(row, b.lanes)

    def gather(
        self,
        block: str,
        image: str,
        sizes: tuple[str, str, str],
        corner: tuple[str, str],
        extent: int,
        transform: Transform,
        into: str,
    ) -> str:
        """Transformed tiles of ``extent`` x ``extent`` pixels; what is outside is 0.

        Args:
            image: the name of the word of the images; ``sizes``: rows, columns, groups of channels.
            corner: by how much the first tile begins before the image.
            into: where to.

        Returns: how many there are.
        """
        b, word = self.b, self.word
        rows, columns, groups = (word[name] for name in sizes)
        pixel = b.mul(groups, b.lanes)

        def one(tile: str, number: str, row: str, column: str) -> None:
            top = b.compute("sub", b.mul(row, 2), corner[0])
            side = b.compute("sub", b.mul(column, 2), corner[1])
            start = b.mul(b.add(b.mul(number, rows), top), columns)
            corner_ = b.at(word[image], b.mul(b.add(start, side), pixel))
            line = b.mul(columns, pixel)
            down = [b.mul(line, j) for j in range(extent)]
            across = [b.mul(pixel, k) for k in range(extent)]

            def whole() -> None:
                transformed(lambda j, k: b.at(corner_, down[j], across[k]))

            def partly() -> None:
                there = [self.less(b.add(top, j), rows) for j in range(extent)]
                beside = [self.less(b.add(side, k), columns) for k in range(extent)]
                places = {}
                for j in range(extent):
                    for k in range(extent):
                        inside = b.value(f"and i1 {there[j]}, {beside[k]}")
                        here = b.at(corner_, down[j], across[k])
                        places[j, k] = b.value(
                            f"select i1 {inside}, ptr {here}, ptr {word['spare']}"
                        )
                transformed(lambda j, k: places[j, k])

            def transformed(place: Callable[[int, int], str]) -> None:
                starts = [[place(j, k) for k in range(extent)] for j in range(extent)]
                with b.loop("0", groups, some=True) as group:
                    offset = b.mul(group, b.lanes)
                    square = [[b.vector(b.at(start, offset)) for start in row] for row in starts]
                    made = [v for row in both_ways(transform, square) for v in row]
                    target = b.at(into, self.tile(group, "0", tile))
                    for number, vector in enumerate(made):
                        b.put(vector, b.at(target, number * PITCH * b.lanes))

            inside = b.value(
                f"and i1 {self.fits(top, extent, rows)}, {self.fits(side, extent, columns)}"
            )
            b.choose(inside, whole, partly)

        return self.tiles(block, one)

    # Products.

    def in_pairs(self, groups: str, work: Callable[[str, int], None]) -> None:
        """``work(first group, number of them)``: two groups at a time, and the one that is left."""
        b = self.b
        with b.loop("0", b.compute("sdiv", groups, 2)) as pair:
            work(b.mul(pair, 2), 2)
        odd = b.value(f"trunc i64 {groups} to i1")
        b.when(odd, lambda: work(b.compute("sub", groups, 1), 1))

    def rows_for(self, vectors: int) -> int:
        """How many rows of a product of so many vectors the registers have room for."""
        return (16 if self.b.lanes == 16 else 8) // vectors
