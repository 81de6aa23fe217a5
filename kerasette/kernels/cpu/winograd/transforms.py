"""The transforms of Winograd's algorithm F(2 x 2, 3 x 3), along one axis and along both."""

from collections.abc import Callable, Sequence

from kerasette.kernels.cpu.llvm.vectors import Vector

Transform = Callable[[Sequence[Vector]], list[Vector]]


def of_input(d: Sequence[Vector]) -> list[Vector]:
    return [d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]]


def to_result(m: Sequence[Vector]) -> list[Vector]:
    return [m[0] + m[1] + m[2], m[1] - m[2] - m[3]]


def of_kernel(g: Sequence[Vector]) -> list[Vector]:
    half = g[0].b.constant("0.5")
    outer, inner = (g[0] + g[2]) * half, g[1] * half
    return [g[0], outer + inner, outer - inner, g[2]]


def of_gradient(d: Sequence[Vector]) -> list[Vector]:
    return [d[0], d[0] + d[1], d[0] - d[1], -d[1]]


def to_kernel(u: Sequence[Vector]) -> list[Vector]:
    half = u[0].b.constant("0.5")
    outer, inner = (u[1] + u[2]) * half, (u[1] - u[2]) * half
    return [u[0] + outer, inner, outer + u[3]]


def both_ways(transform: Transform, square: Sequence[Sequence[Vector]]) -> list[list[Vector]]:
    """The transform of all columns, then of all rows."""
    columns = [transform(column) for column in zip(*square, strict=True)]
    return [transform(row) for row in zip(*columns, strict=True)]
