"""Images bent: the values of old images at places that are computed for each new pixel."""

import importlib
import itertools
from typing import Any

from kerasette.arrays import dtypes
from kerasette.core.history import operation
from kerasette.ops.arithmetic import absolute
from kerasette.ops.conversion import cast, convert_to_tensor
from kerasette.ops.creation import arange, ones_like, zeros_like
from kerasette.ops.filters import bell, blurred
from kerasette.ops.gathering import take
from kerasette.ops.joining import stack
from kerasette.ops.linear_algebra import solve
from kerasette.ops.logic import logical_and, where
from kerasette.ops.pictures import batch_of, one_of
from kerasette.ops.rounding import clip, floor, round
from kerasette.ops.shaping import broadcast_to, expand_dims, reshape, squeeze

__all__ = [
    "affine_transform",
    "elastic_transform",
    "map_coordinates",
    "perspective_transform",
]

_ORDERS = {"nearest": 0, "bilinear": 1}


def _mirrored(index: Any, size: int) -> Any:
    """Of a b c: … c b a b c b a …"""
    last = max(size - 1, 1)
    return absolute((index + last) % (2 * last) - last) if size > 1 else index * 0


def _reflected(index: Any, size: int) -> Any:
    """Of a b c: … b a a b c c b …"""
    return (_mirrored(index * 2 + 1, 2 * size + 1) - 1) // 2


_INSIDE = {
    "constant": lambda index, size: clip(index, 0, size - 1),
    "nearest": lambda index, size: clip(index, 0, size - 1),
    "wrap": lambda index, size: index % size,
    "mirror": _mirrored,
    "reflect": _reflected,
}


def _neighbours(coordinate: Any, order: int) -> list[tuple[Any, Any]]:
    """The whole places beside a coordinate, and how much each of them counts."""
    if order == 0:
        nearest = coordinate if dtypes.is_int(coordinate.dtype) else round(coordinate)
        return [(cast(nearest, "int32"), 1)]
    lower = floor(coordinate)
    above = coordinate - lower
    index = cast(lower, "int32")
    return [(index, 1 - above), (index + 1, above)]


def _interpolated(
    values: Any, base: Any, sizes: Any, places: Any, order: int, fill_mode: str, fill_value: Any
) -> Any:
    """The values at places, one coordinate for each size.

    Args:
        values: ``(count, ...)``: of whole grids of ``sizes``, in row-major order, the first axis.
        base: where in it the grid of each place begins.
        sizes: of the grid.
        places: a tensor of coordinates for each axis, all of one shape.
        order, fill_mode, fill_value: as for ``map_coordinates``.
    """
    whole = dtypes.is_int(values.dtype)
    if whole and isinstance(fill_value, float):
        fill_value = int(fill_value)
    rest = (1,) * (len(values.shape) - 1)
    total: Any = None
    for corner in itertools.product(*(_neighbours(place, order) for place in places)):
        index, weight, valid = 0, 1, None
        for (at, share), size in zip(corner, sizes, strict=True):
            index = index * size + _INSIDE[fill_mode](at, size)
            weight = weight * share
            if fill_mode == "constant":
                here = logical_and(at >= 0, at < size)
                valid = here if valid is None else logical_and(valid, here)
        found = take(values, index + base, axis=0)
        shape = (*found.shape[: len(found.shape) - len(rest)], *rest)
        if valid is not None:
            found = where(reshape(valid, shape), found, fill_value)
        if order:
            found = found * reshape(weight, shape)
        total = found if total is None else total + found
    if whole and not dtypes.is_int(total.dtype):
        total = round(total)
    return cast(total, values.dtype)


@operation
def map_coordinates(
    inputs: Any, coordinates: Any, order: int, fill_mode: str = "constant", fill_value: Any = 0
) -> Any:
    """The values of a grid at any places, by those of whole places beside them.

    Args:
        inputs: the grid, of any rank.
        coordinates: ``(rank, ...)``: for each place, its coordinate on each axis of the grid.
        order: 0 for the nearest value, 1 for linear interpolation.
        fill_mode: what is outside a grid ``a b c``: "constant" ``k k a b c k k``, "nearest"
            ``a a a b c c c``, "wrap" ``b c a b c a b``, "mirror" ``c b a b c b a``, "reflect"
            ``b a a b c c b``.
        fill_value: the constant k.

    Returns: ``(...)``, in the dtype of the inputs.

    >>> ops.image.map_coordinates([0.0, 10.0], [[0.25, 0.5]], order=1).numpy()
    array([2.5, 5. ], dtype=float32)

    Raises: ValueError for coordinates of another rank, or unknown words; NotImplementedError for
    another order.
    """
    x = convert_to_tensor(inputs)
    places = convert_to_tensor(coordinates)
    if len(places.shape) < 2 or places.shape[0] != len(x.shape):
        raise ValueError(
            "`coordinates` must be (rank of inputs, ...). Received: coordinates of shape "
            f"{tuple(places.shape)}, inputs of shape {tuple(x.shape)}."
        )
    one_of("fill_mode", fill_mode, _INSIDE)
    if order not in (0, 1):
        raise NotImplementedError(f"`order` must be 0 or 1. Received: order={order}.")
    axes = [places[axis] for axis in range(len(x.shape))]
    return _interpolated(reshape(x, (-1,)), 0, tuple(x.shape), axes, order, fill_mode, fill_value)


def _warped(
    images: Any, down: Any, across: Any, order: int, fill_mode: str, fill_value: Any
) -> Any:
    """A batch ``(n, h, w, c)`` at the places ``(n, rows, columns)``: ``(n, rows, columns, c)``."""
    batch, height, width, channels = images.shape
    pixels = reshape(images, (batch * height * width, channels))
    base = reshape(arange(batch), (batch, 1, 1)) * (height * width)
    return _interpolated(
        pixels, base, (height, width), (down, across), order, fill_mode, fill_value
    )


def _grid(images: Any, dtype: Any) -> tuple[Any, Any]:
    """The row and column of each pixel: ``(height, 1), (width,)``."""
    height, width = images.shape[1:3]
    return expand_dims(cast(arange(height), dtype), 1), cast(arange(width), dtype)


def _coordinate_dtype(*tensors: Any) -> Any:
    return dtypes.result_type(*(tensor.dtype for tensor in tensors), "float32")


@operation
def affine_transform(
    images: Any,
    transform: Any,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: Any = 0,
    data_format: str | None = None,
) -> Any:
    """Images turned, sheared, scaled or moved: each new pixel is an old one's, at another place.

    Args:
        images: an image or a batch of them.
        transform: ``(8,)`` or ``(batch, 8)``: ``a0, a1, a2, b0, b1, b2`` and two numbers that do
            not count. The new pixel at (x, y) comes from ``(a0 * x + a1 * y + a2, b0 * x + b1 * y
            + b2)``.
        interpolation: "nearest" or "bilinear".
        fill_mode, fill_value: what is outside the images, as for ``ops.image.map_coordinates``.
        data_format: "channels_last" or "channels_first"; by default the global setting.

    >>> identity = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]
    >>> ops.image.affine_transform(ops.ones((4, 4, 3)), identity).shape
    (4, 4, 3)

    Raises: ValueError for unknown words or other shapes.
    """
    order = _ORDERS[one_of("interpolation", interpolation, _ORDERS)]
    one_of("fill_mode", fill_mode, _INSIDE)
    x, back = batch_of("affine_transform", images, data_format)
    transform = convert_to_tensor(transform)
    if len(transform.shape) == 1:
        transform = expand_dims(transform, 0)
    if len(transform.shape) != 2 or transform.shape[1] != 8:
        raise ValueError(
            "`transform` must be (8,) or (batch, 8). "
            f"Received: transform of shape {tuple(transform.shape)}."
        )
    transform = broadcast_to(cast(transform, _coordinate_dtype(transform)), (x.shape[0], 8))
    a0, a1, a2, b0, b1, b2 = (reshape(transform[:, index], (-1, 1, 1)) for index in range(6))
    row, column = _grid(x, transform.dtype)
    across = a0 * column + a1 * row + a2
    down = b0 * column + b1 * row + b2
    return back(_warped(x, down, across, order, fill_mode, fill_value))


def _homography(start: Any, end: Any) -> Any:
    """The eight numbers of the map from end points to start points: ``(n, 4, 2) -> (n, 8)``."""
    x, y = end[..., 0], end[..., 1]
    one, none = ones_like(x), zeros_like(x)

    def equation(known: Any, first: list[Any]) -> Any:
        return stack([*first, -known * x, -known * y], axis=-1)

    across = equation(start[..., 0], [x, y, one, none, none, none])
    down = equation(start[..., 1], [none, none, none, x, y, one])
    matrix = reshape(stack([across, down], axis=2), (-1, 8, 8))
    return squeeze(solve(matrix, reshape(start, (-1, 8, 1))), -1)


def _points(name: str, points: Any) -> Any:
    points = convert_to_tensor(points)
    points = cast(points, _coordinate_dtype(points))
    if len(points.shape) not in (2, 3) or tuple(points.shape[-2:]) != (4, 2):
        raise ValueError(
            f"`{name}` must be (4, 2) or (batch, 4, 2). "
            f"Received: {name} of shape {tuple(points.shape)}."
        )
    return expand_dims(points, 0) if len(points.shape) == 2 else points


@operation
def perspective_transform(
    images: Any,
    start_points: Any,
    end_points: Any,
    interpolation: str = "bilinear",
    fill_value: Any = 0,
    data_format: str | None = None,
) -> Any:
    """Images seen from another side: four points of the old ones are at four points of the new.

    Args:
        images: an image or a batch of them.
        start_points: ``(4, 2)`` or ``(batch, 4, 2)``: points (x, y) of the images.
        end_points: where they come to be, in the same shape.
        interpolation: "nearest" or "bilinear".
        fill_value: what is outside the images.
        data_format: "channels_last" or "channels_first"; by default the global setting.

    >>> corners = [[0.0, 0.0], [3.0, 0.0], [0.0, 3.0], [3.0, 3.0]]
    >>> ops.image.perspective_transform(ops.ones((4, 4, 3)), corners, corners).shape
    (4, 4, 3)

    Raises: ValueError for unknown words, other shapes, or points of which three are on one line.
    """
    order = _ORDERS[one_of("interpolation", interpolation, _ORDERS)]
    x, back = batch_of("perspective_transform", images, data_format)
    start, end = _points("start_points", start_points), _points("end_points", end_points)
    if tuple(start.shape) != tuple(end.shape):
        raise ValueError(
            "`start_points` and `end_points` must have the same shape. Received: "
            f"{tuple(start.shape)} and {tuple(end.shape)}."
        )
    found = broadcast_to(_homography(start, end), (x.shape[0], 8))
    a0, a1, a2, a3, a4, a5, a6, a7 = (reshape(found[:, index], (-1, 1, 1)) for index in range(8))
    row, column = _grid(x, found.dtype)
    depth = a6 * column + a7 * row + 1
    across = (a0 * column + a1 * row + a2) / depth
    down = (a3 * column + a4 * row + a5) / depth
    return back(_warped(x, down, across, order, "constant", fill_value))


@operation
def elastic_transform(
    images: Any,
    alpha: float = 20.0,
    sigma: float = 5.0,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
    seed: Any = None,
    data_format: str | None = None,
) -> Any:
    """Images as if on rubber: each pixel moves at random, neighbours much alike.

    Args:
        images: an image or a batch of them.
        alpha: how far they move.
        sigma: over how many pixels they move alike.
        interpolation: "nearest" or "bilinear".
        fill_mode, fill_value: what is outside the images, as for ``ops.image.map_coordinates``.
        seed: an integer or a ``SeedGenerator``; ``None`` for the global one.
        data_format: "channels_last" or "channels_first"; by default the global setting.

    Simard, Steinkraus, Platt 2003, "Best practices for convolutional neural networks applied to
    visual document analysis".

    >>> ops.image.elastic_transform(ops.ones((8, 8, 3)), seed=1).shape
    (8, 8, 3)

    Raises: ValueError for unknown words or other shapes.
    """
    order = _ORDERS[one_of("interpolation", interpolation, _ORDERS)]
    one_of("fill_mode", fill_mode, _INSIDE)
    x, back = batch_of("elastic_transform", images, data_format)
    dtype = _coordinate_dtype(x) if dtypes.is_float(x.dtype) else "float32"
    # The generators are a floor above: they are asked for when they are needed.
    random = importlib.import_module("kerasette.random")
    shifts = random.normal((*x.shape[:3], 2), dtype=dtype, seed=seed) * sigma
    weights = bell(int(6 * sigma) | 1, sigma, dtype)
    shifts = blurred(shifts, weights, weights, "same") * alpha
    row, column = _grid(x, dtype)
    down, across = row + shifts[..., 1], column + shifts[..., 0]
    return back(_warped(x, down, across, order, fill_mode, fill_value))
