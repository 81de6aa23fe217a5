"""Layers of several inputs: sums, products, means, extremes, concatenation, dot products."""

import math
from typing import Any

from kerasette import ops
from kerasette.declared import declared
from kerasette.layers.layer import Layer


class Merge(Layer):
    """Joins a list of tensors elementwise; subclasses write ``merged(a, b)``."""

    least = 2
    most: int | None = None

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def check(self, shapes: Any) -> None:
        """Refuse what is no list of enough inputs."""
        listed = isinstance(shapes, (list, tuple)) and len(shapes) > 0
        listed = listed and (shapes[0] is None or hasattr(shapes[0], "__len__"))
        if not listed:
            raise ValueError(
                f"{type(self).__name__} layer {self.name!r} is called on a list of tensors. "
                f"Received: {shapes!r}."
            )
        if len(shapes) < self.least or (self.most is not None and len(shapes) > self.most):
            wanted = f"{self.least}" if self.most == self.least else f"at least {self.least}"
            raise ValueError(
                f"{type(self).__name__} layer {self.name!r} takes {wanted} inputs. "
                f"Received: {len(shapes)}."
            )

    def build(self, input_shape: Any) -> None:
        self.check(input_shape)

    def call(self, inputs: Any) -> Any:
        if not isinstance(inputs, (list, tuple)):
            self.check(inputs)
        return self.joined([_aligned(x, inputs) for x in inputs])

    def joined(self, inputs: list[Any]) -> Any:
        """All inputs joined."""
        result = inputs[0]
        for other in inputs[1:]:
            result = self.merged(result, other)
        return result

    def merged(self, a: Any, b: Any) -> Any:
        """Two inputs joined."""
        raise NotImplementedError

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """A place counts where it counts in any input that has a mask."""
        masks = [m for m in previous_mask or () if m is not None]
        if not masks or len(masks) < len(list(previous_mask)):
            return None
        result = masks[0]
        for mask in masks[1:]:
            result = ops.logical_or(result, mask)
        return result


def _aligned(x: Any, inputs: Any) -> Any:
    """An input with axes of size 1 put after its batch axis, up to the largest rank."""
    missing = max(len(other.shape) for other in inputs) - len(x.shape)
    if missing <= 0 or not x.shape:
        return x
    return ops.reshape(x, (x.shape[0], *(1,) * missing, *x.shape[1:]))


@declared
class Add(Merge):
    """The sum of its inputs: ``[(...), (...)] -> (...)``.

    >>> kerasette.layers.Add()([ops.ones((1, 2)), ops.ones((1, 2))]).numpy()
    array([[2., 2.]], dtype=float32)
    """

    def merged(self, a: Any, b: Any) -> Any:
        return ops.add(a, b)


@declared
class Subtract(Merge):
    """The first of two inputs less the second: ``[(...), (...)] -> (...)``.

    >>> kerasette.layers.Subtract()([ops.ones((1, 2)), ops.ones((1, 2))]).numpy()
    array([[0., 0.]], dtype=float32)
    """

    most = 2

    def merged(self, a: Any, b: Any) -> Any:
        return ops.subtract(a, b)


@declared
class Multiply(Merge):
    """The product of its inputs: ``[(...), (...)] -> (...)``.

    >>> kerasette.layers.Multiply()([ops.ones((1, 2)), ops.ones((1, 2))]).numpy()
    array([[1., 1.]], dtype=float32)
    """

    def merged(self, a: Any, b: Any) -> Any:
        return ops.multiply(a, b)

    def joined(self, inputs: list[Any]) -> Any:
        """Masked places count as 1; where every input is masked the product is 0."""
        masks = [getattr(x, "_keras_mask", None) for x in inputs]
        if all(mask is None for mask in masks):
            return super().joined(inputs)
        wide = [
            None if m is None else ops.broadcast_to(ops.expand_dims(m, -1), tuple(x.shape))
            for x, m in zip(inputs, masks, strict=True)
        ]
        factors = [
            x if m is None else ops.where(m, x, ops.ones_like(x))
            for x, m in zip(inputs, wide, strict=True)
        ]
        product = super().joined(factors)
        if any(m is None for m in wide):
            return product
        some = wide[0]
        for m in wide[1:]:
            some = ops.logical_or(some, m)
        return ops.where(some, product, ops.zeros_like(product))


@declared
class Average(Merge):
    """The mean of its inputs: ``[(...), (...)] -> (...)``.

    >>> kerasette.layers.Average()([ops.zeros((1, 2)), ops.ones((1, 2))]).numpy()
    array([[0.5, 0.5]], dtype=float32)
    """

    def merged(self, a: Any, b: Any) -> Any:
        return ops.add(a, b)

    def joined(self, inputs: list[Any]) -> Any:
        return super().joined(inputs) / len(inputs)


@declared
class Maximum(Merge):
    """The greatest of its inputs, elementwise: ``[(...), (...)] -> (...)``.

    >>> kerasette.layers.Maximum()([ops.zeros((1, 2)), ops.ones((1, 2))]).numpy()
    array([[1., 1.]], dtype=float32)
    """

    def merged(self, a: Any, b: Any) -> Any:
        return ops.maximum(a, b)


@declared
class Minimum(Merge):
    """The smallest of its inputs, elementwise: ``[(...), (...)] -> (...)``.

    >>> kerasette.layers.Minimum()([ops.zeros((1, 2)), ops.ones((1, 2))]).numpy()
    array([[0., 0.]], dtype=float32)
    """

    def merged(self, a: Any, b: Any) -> Any:
        return ops.minimum(a, b)


@declared
class Concatenate(Merge):
    """Its inputs one after the other along an axis.

    Args:
        axis: the axis.

    >>> kerasette.layers.Concatenate()([ops.ones((1, 2)), ops.ones((1, 3))]).shape
    (1, 5)

    Raises: ValueError where other sizes differ.
    """

    axis: int = -1

    least = 1

    def call(self, inputs: Any) -> Any:
        return ops.concatenate(list(inputs), axis=self.axis)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        if previous_mask is None or all(mask is None for mask in previous_mask):
            return None
        parts = []
        for x, mask in zip(inputs, previous_mask, strict=True):
            if mask is None:
                parts.append(ops.ones(tuple(x.shape), "bool"))
            else:
                mask = ops.reshape(mask, (*mask.shape, *(1,) * (len(x.shape) - len(mask.shape))))
                parts.append(ops.broadcast_to(ops.cast(mask, "bool"), tuple(x.shape)))
        return ops.any(ops.concatenate(parts, axis=self.axis), axis=-1)


@declared
class Dot(Merge):
    """Products of the samples of two inputs, summed over an axis of each.

    Args:
        axes: the axis of both, or one of each; not the batch's.
        normalize: whether samples are brought to length 1 before: then it is cosine similarity.

    >>> kerasette.layers.Dot(axes=1)([ops.ones((2, 3)), ops.ones((2, 3))]).shape
    (2, 1)

    Raises: ValueError where the sizes differ.
    """

    axes: Any
    normalize: bool = False

    most = 2

    def validate(self) -> None:
        axes = self.axes
        pair = isinstance(axes, (list, tuple)) and len(axes) == 2
        if not isinstance(axes, int) and not (pair and all(isinstance(a, int) for a in axes)):
            raise ValueError(f"`axes` must be an integer or two. Received: axes={axes!r}.")

    def call(self, inputs: Any) -> Any:
        if not isinstance(inputs, (list, tuple)):
            self.check(inputs)
        a, b = inputs
        first, second = (self.axes, self.axes) if isinstance(self.axes, int) else self.axes
        first, second = first % len(a.shape), second % len(b.shape)
        if 0 in (first, second):
            raise ValueError(f"`axes` cannot be the batch's. Received: axes={self.axes}.")
        if a.shape[first] != b.shape[second]:
            raise ValueError(
                f"Dot layer {self.name!r} needs equal sizes. Received: shapes {tuple(a.shape)} and "
                f"{tuple(b.shape)}, axes={self.axes}."
            )
        if self.normalize:
            a, b = ops.normalize(a, axis=first), ops.normalize(b, axis=second)
        return batch_dot(a, b, first, second)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return None


def batch_dot(a: Any, b: Any, first: int, second: int) -> Any:
    """``a`` and ``b`` multiplied sample by sample and summed over one axis of each."""
    batch = a.shape[0]
    rest_a = [i for i in range(1, len(a.shape)) if i != first]
    rest_b = [i for i in range(1, len(b.shape)) if i != second]
    size = a.shape[first]
    rows, columns = tuple(a.shape[i] for i in rest_a), tuple(b.shape[i] for i in rest_b)
    flat_a, flat_b = (batch, math.prod(rows), size), (batch, size, math.prod(columns))
    left = ops.reshape(ops.transpose(a, (0, *rest_a, first)), flat_a)
    right = ops.reshape(ops.transpose(b, (0, second, *rest_b)), flat_b)
    shape = (batch, *rows, *columns)
    out = ops.reshape(ops.matmul(left, right), shape)
    return ops.expand_dims(out, -1) if len(shape) == 1 else out


def add(inputs: Any, **kwargs: Any) -> Any:
    """The sum of the inputs, as a layer applied to them."""
    return Add(**kwargs)(inputs)


def subtract(inputs: Any, **kwargs: Any) -> Any:
    """The first of two inputs less the second, as a layer applied to them."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Any, **kwargs: Any) -> Any:
    """The product of the inputs, as a layer applied to them."""
    return Multiply(**kwargs)(inputs)


def average(inputs: Any, **kwargs: Any) -> Any:
    """The mean of the inputs, as a layer applied to them."""
    return Average(**kwargs)(inputs)


def maximum(inputs: Any, **kwargs: Any) -> Any:
    """The greatest of the inputs, as a layer applied to them."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Any, **kwargs: Any) -> Any:
    """The smallest of the inputs, as a layer applied to them."""
    return Minimum(**kwargs)(inputs)


def concatenate(inputs: Any, axis: int = -1, **kwargs: Any) -> Any:
    """The inputs one after the other, as a layer applied to them."""
    return Concatenate(axis=axis, **kwargs)(inputs)


def dot(inputs: Any, axes: Any = -1, **kwargs: Any) -> Any:
    """Products of samples of two inputs, as a layer applied to them."""
    return Dot(axes=axes, **kwargs)(inputs)
