"""How many threads a cluster's kernels get: grids and blocks."""

from typing import NamedTuple

from kerasette.graph.cluster import COLUMN_REDUCTION
from kerasette.kernels.gpu.cuda.source import COLUMNS, FLAT, SUM_BYTES, ClusterSource

THREADS = 256  # of a block
_AT_ONCE = 528  # blocks that leave sums: four for each of a large GPU's processors
_MOST = 1 << 16  # blocks; each takes more of the work where these are too few
_ROWS_EACH = 8  # that a thread goes down at least before it leaves a sum


class Launch(NamedTuple):
    """Blocks in a row, and how many threads a block has across and down."""

    grid: int
    lanes: int
    teams: int


class Shape(NamedTuple):
    """How a cluster is launched.

    Attributes:
        work: the launch of its loops.
        end: that of the kernel that puts sums together; ``None`` without sums.
        parts: how many of each sum there are.
        scratch: the bytes of memory for them.
    """

    work: Launch
    end: Launch | None
    parts: int
    scratch: int


def shape_of(source: ClusterSource) -> Shape:
    """The launches of a cluster."""
    form = source.form
    ends = bool(source.endings)
    if source.kind == FLAT:
        each = THREADS * 4 if ends else THREADS
        grid = _between(_up(form.rows * form.columns, each), _AT_ONCE if ends else _MOST)
        work, parts = Launch(grid, THREADS, 1), grid
    else:
        lanes = min(1 << max(form.columns - 1, 0).bit_length(), THREADS)
        teams = THREADS // lanes
        each = teams * (_ROWS_EACH if source.kind == COLUMNS else 1)
        grid = _between(_up(form.rows, each), _AT_ONCE if ends else _MOST)
        work, parts = Launch(grid, lanes, teams), grid * teams
    if not ends:
        return Shape(work, None, parts, 0)
    by_column = any(ending.frame == COLUMN_REDUCTION for _, ending in source.endings)
    end = Launch(_up(form.columns if by_column else 1, THREADS // 32), 32, THREADS // 32)
    return Shape(work, end, parts, SUM_BYTES * len(source.endings) * parts * form.columns)


def _up(count: int, each: int) -> int:
    return -(-count // each)


def _between(blocks: int, most: int) -> int:
    return min(max(blocks, 1), most)
