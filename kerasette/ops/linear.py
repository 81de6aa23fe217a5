"""Products of matrices and tensors: one primitive, ``matmul``, and what is made of it."""

import math
from typing import Any

from kerasette.arrays import dtypes
from kerasette.core import operators
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import TOGETHER, broadcast_shapes, canonical_axis
from kerasette.core.spec import Spec
from kerasette.ops.arithmetic import multiply
from kerasette.ops.complex import conj
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.equations import Operand, Step, contraction
from kerasette.ops.reductions import sum_over
from kerasette.ops.shaping import expand_dims, reshape, squeeze, transpose

__all__ = ["dot", "einsum", "inner", "matmul", "outer", "tensordot", "vdot"]


def _matmul_spec(x1: Spec, x2: Spec) -> Spec:
    first, second = x1.shape, x2.shape
    if not first or not second:
        raise ValueError(
            "both operands need at least one dimension. "
            f"Received: shapes {first} and {second}; use ops.multiply for scalars."
        )
    inner_size = second[-2] if len(second) > 1 else second[0]
    if first[-1] != inner_size:
        raise ValueError(
            f"the last size of x1 must be the last but one of x2. Received: x1 of shape {first} "
            f"({first[-1]}) and x2 of shape {second} ({inner_size})."
        )
    batch = broadcast_shapes(first[:-2], second[:-2])
    rows = first[-2:-1] if len(first) > 1 else ()
    columns = second[-1:] if len(second) > 1 else ()
    # Products of two int8 are summed in int32, where they fit: quantized layers count on it.
    dtype = dtypes.ALL["int32"] if x1.dtype == "int8" else x1.dtype
    return Spec((*batch, *rows, *columns), dtype)


@primitive(_matmul_spec, TOGETHER)
def matmul(xp: Any, x1: Any, x2: Any) -> Any:
    """The product of matrices: ``(..., n, k), (..., k, m) -> (..., n, m)``.

    Leading axes broadcast; an operand of one axis is a row on the left and a column on the right,
    and its axis is not in the result. Two int8 operands give int32.

    >>> ops.matmul([[1.0, 2.0]], [[3.0], [4.0]]).numpy()
    array([[11.]], dtype=float32)

    Raises: ValueError for sizes that do not fit, and for scalars.
    """
    if x1.dtype.kind in "iu":
        return _integer_matmul(xp, x1, x2)
    if x1.ndim > 2 and x2.ndim == 2 and x1.flags.c_contiguous:
        flat = x1.reshape(-1, x1.shape[-1]) if x1.size else x1
        return xp.matmul(flat, x2).reshape(*x1.shape[:-1], x2.shape[-1])  # one product, not many
    return xp.asarray(xp.matmul(x1, x2))


def _integer_matmul(xp: Any, x1: Any, x2: Any) -> Any:
    out = xp.int32 if x1.dtype == xp.int8 else x1.dtype
    if x1.dtype.itemsize > 2:
        return xp.asarray(xp.matmul(x1, x2))
    # Sums of such products are exact in float64, for which there are fast products.
    exact = xp.asarray(xp.matmul(x1.astype(xp.float64), x2.astype(xp.float64)))
    return exact.astype(xp.int64).astype(out)


def _swapped(x: Any) -> Any:
    """The last two axes exchanged."""
    rank = len(x.shape)
    return transpose(x, (*range(rank - 2), rank - 1, rank - 2))


def _matmul_left(g: Any, x1: Any, x2: Any) -> Any:
    if len(x2.shape) == 1:
        return expand_dims(g, -1) * x2
    if len(x1.shape) == 1:
        return squeeze(matmul(x2, expand_dims(g, -1)), -1)
    return matmul(g, _swapped(x2))


def _matmul_right(g: Any, x1: Any, x2: Any) -> Any:
    if len(x1.shape) == 1:
        return g * x1 if len(x2.shape) == 1 else expand_dims(x1, -1) * expand_dims(g, -2)
    if len(x2.shape) == 1:
        return matmul(reshape(g, (-1,)), reshape(x1, (-1, x1.shape[-1])))
    if len(x2.shape) == 2 and len(x1.shape) > 2:  # sums over the leading axes on the way
        x1, g = reshape(x1, (-1, x1.shape[-1])), reshape(g, (-1, g.shape[-1]))
    return matmul(_swapped(x1), g)


matmul.defvjp(x1=_matmul_left, x2=_matmul_right)


@operation
def dot(x1: Any, x2: Any) -> Any:
    """The sum of products over the last axis of ``x1`` and the last but one (or only) of ``x2``.

    ``(..., k), (*others, k, m) -> (..., *others, m)``; a scalar multiplies.

    >>> float(ops.dot([1.0, 2.0], [3.0, 4.0]))
    11.0

    Raises: ValueError for sizes that differ.
    """
    x1, x2 = convert_to_tensor(x1), convert_to_tensor(x2)
    if not x1.shape or not x2.shape:
        return multiply(x1, x2)
    if len(x2.shape) <= 2:
        return _as_promoted(matmul, x1, x2)
    return tensordot(x1, x2, axes=((-1,), (-2,)))


@operation
def inner(x1: Any, x2: Any) -> Any:
    """The sum of products over the last axis of both: ``(*a, k), (*b, k) -> (*a, *b)``.

    >>> float(ops.inner([1.0, 2.0], [3.0, 4.0]))
    11.0

    Raises: ValueError for sizes that differ.
    """
    x1, x2 = convert_to_tensor(x1), convert_to_tensor(x2)
    if not x1.shape or not x2.shape:
        return multiply(x1, x2)
    return tensordot(x1, x2, axes=((-1,), (-1,)))


@operation
def outer(x1: Any, x2: Any) -> Any:
    """All products of an element of one and an element of the other: ``(n,), (m,) -> (n, m)``.

    Operands of other shapes are flattened.

    >>> ops.outer([1, 2], [3, 4]).numpy()
    array([[3, 4],
           [6, 8]], dtype=int32)
    """
    x1, x2 = convert_to_tensor(x1), convert_to_tensor(x2)
    return multiply(reshape(x1, (-1, 1)), reshape(x2, (1, -1)))


@operation
def vdot(x1: Any, x2: Any) -> Any:
    """The sum of products of all elements, those of ``x1`` conjugated: a scalar.

    >>> float(ops.vdot([[1.0, 2.0]], [[3.0], [4.0]]))
    11.0

    Raises: ValueError where the numbers of elements differ.
    """
    x1, x2 = convert_to_tensor(x1), convert_to_tensor(x2)
    if dtypes.is_complex(x1.dtype):
        x1 = conj(x1)
    return _as_promoted(matmul, reshape(x1, (-1,)), reshape(x2, (-1,)))


@operation
def tensordot(x1: Any, x2: Any, axes: Any = 2) -> Any:
    """The sum of products over some axes of both; the other axes follow one another.

    Args:
        x1, x2: the operands.
        axes: how many, the last of ``x1`` and the first of ``x2``; or a pair of the axes of each.

    >>> ops.tensordot(ops.ones((2, 3, 4)), ops.ones((3, 4, 5))).shape
    (2, 5)

    Raises: ValueError for axes that are not there, or whose sizes differ.
    """
    x1, x2 = convert_to_tensor(x1), convert_to_tensor(x2)
    ranks = len(x1.shape), len(x2.shape)
    summed = _summed_axes(axes, *ranks)
    for first, second in zip(*summed, strict=True):
        if x1.shape[first] != x2.shape[second]:
            raise ValueError(
                "tensordot: sizes of axes that are summed together must be equal. Received: axis "
                f"{first} of {tuple(x1.shape)}, axis {second} of {tuple(x2.shape)}, axes={axes}."
            )
    kept = [[a for a in range(rank) if a not in s] for rank, s in zip(ranks, summed, strict=True)]
    shape = [x1.shape[a] for a in kept[0]] + [x2.shape[a] for a in kept[1]]
    width = math.prod(x1.shape[a] for a in summed[0])
    left = math.prod(x1.shape[a] for a in kept[0])
    right = math.prod(x2.shape[a] for a in kept[1])
    rows = reshape(transpose(x1, (*kept[0], *summed[0])), (left, width))
    columns = reshape(transpose(x2, (*summed[1], *kept[1])), (width, right))
    return reshape(_as_promoted(matmul, rows, columns), tuple(shape))


def _summed_axes(axes: Any, first: int, second: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if isinstance(axes, int):
        if not 0 <= axes <= min(first, second):
            raise ValueError(
                f"tensordot: `axes` must be from 0 to {min(first, second)}, the lesser rank. "
                f"Received: axes={axes}."
            )
        return tuple(range(first - axes, first)), tuple(range(axes))
    ours, theirs = ((a,) if isinstance(a, int) else tuple(a) for a in axes)
    if len(ours) != len(theirs):
        raise ValueError(
            f"tensordot: `axes` must pair as many axes of each. Received: axes={axes}."
        )
    return (
        tuple(canonical_axis(a, first, "axes") for a in ours),
        tuple(canonical_axis(a, second, "axes") for a in theirs),
    )


def _as_promoted(product: Any, x1: Any, x2: Any) -> Any:
    """A product in the dtype in which both meet, int8 too."""
    return cast(product(x1, x2), dtypes.result_type(x1.dtype, x2.dtype))


@operation
def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> Any:
    """Sums of products by Einstein's notation.

    Args:
        subscripts: a letter for each axis of each operand, operands separated by commas, and after
            ``->`` the axes of the result. Letters that the result does not have are summed over;
            a letter twice in one operand takes its diagonal; ``...`` stands for any other axes,
            which broadcast. Without ``->`` the result has all letters that occur once, in
            alphabetical order, after those of ``...``.
        operands: one tensor for each.

    Two operands at a time are multiplied, in the order that costs least.

    >>> x, y = ops.ones((2, 3)), ops.ones((3, 4))
    >>> ops.einsum("ij,jk->ik", x, y).shape
    (2, 4)

    Raises: ValueError for subscripts that do not fit the operands, or sizes that differ.
    """
    kwargs.pop("optimize", None)  # NumPy's option: the order is always a good one here
    if kwargs:
        raise TypeError(f"einsum has no argument {next(iter(kwargs))!r}.")
    values = [convert_to_tensor(operand) for operand in operands]
    plan = contraction(subscripts, tuple(tuple(map(int, value.shape)) for value in values))
    dtype = dtypes.result_type(*(value.dtype for value in values))
    if dtype == "int8" and len(values) > 1:  # sums of products, as matmul's, in int32
        dtype = dtypes.ALL["int32"]
        if len(values) > 2 or not plan.steps[0].sums:
            values = [cast(value, dtype) for value in values]
    values = [_alone(value, todo) for value, todo in zip(values, plan.operands, strict=True)]
    for step in plan.steps:
        second, first = (values.pop(place) for place in reversed(step.places))
        values.append(_product(first, second, step))
    return cast(transpose(values[0], plan.order), dtype)


def _alone(x: Any, operand: Operand) -> Any:
    """An operand with each of its letters once, and without those that it alone has."""
    for first, second in operand.diagonals:
        x = _diagonal(x, first, second)
    if operand.summed:
        x = cast(sum_over(x, axis=operand.summed, keepdims=False), x.dtype)
    return x


def _diagonal(x: Any, first: int, second: int) -> Any:
    """The elements with equal places on two axes; the first axis stays, the second goes."""
    rank, size = len(x.shape), x.shape[first]
    rest = [axis for axis in range(rank) if axis not in (first, second)]
    flat = reshape(transpose(x, (*rest, first, second)), (*(x.shape[a] for a in rest), size * size))
    line = flat[..., :: size + 1]
    order = list(range(rank - 2))
    order.insert(first, rank - 2)
    return transpose(line, order)


def _product(x1: Any, x2: Any, step: Step) -> Any:
    """Two operands multiplied, as a batch of matrix products."""
    left = reshape(transpose(x1, step.orders[0]), step.shapes[0])
    right = reshape(transpose(x2, step.orders[1]), step.shapes[1])
    product = matmul(left, right) if step.sums else multiply(left, right)
    return reshape(product, step.out)


operators.install(matmul=matmul)
