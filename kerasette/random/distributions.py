"""The distributions of ``keras.random``: thin functions over the primitives of random numbers."""

from typing import Any

from kerasette import ops
from kerasette.arrays import dtypes
from kerasette.core.history import operation
from kerasette.core.tensor import TensorBase
from kerasette.ops.random_bits import (
    random_integers,
    random_mask,
    random_normal,
    random_permutation,
    random_uniform,
)
from kerasette.ops.random_samples import (
    random_beta,
    random_binomial,
    random_categorical,
    random_gamma,
)
from kerasette.random.seed_generator import draw_seed

__all__ = [
    "normal",
    "uniform",
    "randint",
    "truncated_normal",
    "dropout",
    "shuffle",
    "categorical",
    "gamma",
    "beta",
    "binomial",
]


def _sizes(shape: Any) -> tuple[int, ...]:
    sizes = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    if any(size is None or int(size) < 0 for size in sizes):
        raise ValueError(f"`shape` must hold sizes of at least 0. Received: shape={shape}.")
    # Sizes keep their type: stand-ins for unknown ones print as None.
    return tuple(size if isinstance(size, int) else int(size) for size in sizes)


def _float_dtype(dtype: Any) -> str:
    name = str(dtypes.standardize_dtype(dtype))
    if not dtypes.is_float(name):
        raise ValueError(f"`dtype` must be a float type. Received: dtype={dtype}.")
    return name


def normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Normally distributed numbers.

    Args:
        shape: the shape of the result.
        mean: the mean; a number or a tensor that broadcasts to ``shape``.
        stddev: the standard deviation; likewise.
        dtype: a float type; ``floatx`` by default.
        seed: an integer (the same numbers at each call), a ``SeedGenerator`` (new ones at each
            call), or ``None`` for the global generator.

    >>> kerasette.random.normal((2, 3), seed=1).shape
    (2, 3)
    """
    dtype = _float_dtype(dtype)
    return _shifted(random_normal(draw_seed(seed), shape=_sizes(shape), dtype=dtype), mean, stddev)


def truncated_normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Normally distributed numbers of which none is more than two deviations from the mean.

    Arguments as for ``normal``; ``stddev`` is that of the distribution before it is cut.

    >>> x = kerasette.random.truncated_normal((1000,), seed=1)
    >>> bool(ops.all(ops.abs(x) <= 2))
    True
    """
    dtype = _float_dtype(dtype)
    state = draw_seed(seed)
    unit = random_normal(state, shape=_sizes(shape), dtype=dtype, bound=2.0)
    return _shifted(unit, mean, stddev)


def _shifted(unit: Any, mean: Any, stddev: Any) -> Any:
    if isinstance(stddev, TensorBase) or stddev != 1.0:
        unit = unit * ops.cast(stddev, unit.dtype)
    if isinstance(mean, TensorBase) or mean != 0.0:
        unit = unit + ops.cast(mean, unit.dtype)
    return unit


def uniform(
    shape: Any, minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Numbers spread evenly over ``[minval, maxval)``; whole numbers for an integer ``dtype``.

    Args:
        shape: the shape of the result.
        minval: the lower bound, which may occur; a number or a tensor that broadcasts.
        maxval: the upper bound, which does not; likewise.
        dtype: the type of the result; ``floatx`` by default.
        seed: as for ``normal``.

    >>> x = kerasette.random.uniform((1000,), 2.0, 3.0, seed=1)
    >>> bool(ops.all((x >= 2) & (x < 3)))
    True
    """
    if dtype is not None and dtypes.is_int(dtypes.standardize_dtype(dtype)):
        return randint(shape, minval, maxval, dtype, seed)
    dtype, shape = _float_dtype(dtype), _sizes(shape)
    state = draw_seed(seed)
    if isinstance(minval, (int, float)) and isinstance(maxval, (int, float)):
        bounds = {"low": float(minval), "high": float(maxval)}
        return random_uniform(state, shape=shape, dtype=dtype, **bounds)
    low, high = ops.cast(minval, dtype), ops.cast(maxval, dtype)
    return random_uniform(state, shape=shape, dtype=dtype) * (high - low) + low


def randint(shape: Any, minval: Any, maxval: Any, dtype: Any = "int32", seed: Any = None) -> Any:
    """Whole numbers spread evenly over ``[minval, maxval)``.

    Args:
        shape: the shape of the result.
        minval: the least number; an integer or an integer tensor that broadcasts.
        maxval: one more than the greatest; likewise.
        dtype: an integer type.
        seed: as for ``normal``.

    >>> x = kerasette.random.randint((1000,), 1, 7, seed=1)
    >>> int(ops.min(x)), int(ops.max(x))
    (1, 6)

    Raises: ValueError for a type that is no integer type, or where ``maxval`` is not above
    ``minval`` (where they are tensors, an empty range gives ``minval``).
    """
    name = str(dtypes.standardize_dtype(dtype))
    if not dtypes.is_int(name):
        raise ValueError(f"`dtype` must be an integer type. Received: dtype={dtype}.")
    shape, state = _sizes(shape), draw_seed(seed)
    if isinstance(minval, (int, float)) and isinstance(maxval, (int, float)):
        minval, maxval = int(minval), int(maxval)
        if maxval <= minval:
            raise ValueError(
                f"`maxval` must be above `minval`. Received: minval={minval}, maxval={maxval}."
            )
        span = ops.convert_to_tensor(maxval - minval, "uint64")
        wide = name in ("int64", "uint64") and maxval - minval > 2**32
    else:
        minval, maxval = ops.cast(minval, name), ops.cast(maxval, name)
        # Differences wrap round in 64 bits, and so come out right for signed types as well.
        span = ops.cast(maxval, "uint64") - ops.cast(minval, "uint64")
        span = ops.where(maxval > minval, span, ops.ones((), "uint64"))
        wide = name in ("int64", "uint64")
    drawn = random_integers(state, span, shape=shape, wide=wide)
    return ops.cast(drawn, name) + ops.cast(minval, name)


@operation
def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Any:
    """``inputs`` with a random part of its elements zeroed, the others scaled up by
    ``1 / (1 - rate)``, so that the expected value stays: ``(...) -> (...)``.

    Args:
        inputs: a float tensor.
        rate: the probability of being zeroed; 1 gives zeros.
        noise_shape: the shape of what is drawn, broadcast to that of ``inputs``: a size of 1 (or
            ``None`` for the size of ``inputs``) says which axes share their fate.
        seed: as for ``normal``.

    >>> kerasette.random.dropout(ops.ones((4,)), 0.5, seed=3).shape
    (4,)

    Raises: ValueError for a rate that is no probability.
    """
    inputs = ops.convert_to_tensor(inputs)
    if not 0 <= rate <= 1:
        raise ValueError(f"`rate` must be from 0 to 1. Received: rate={rate}.")
    shape = tuple(inputs.shape)
    if noise_shape is not None:
        given = tuple(noise_shape)
        if len(given) != len(shape):
            raise ValueError(
                "`noise_shape` needs one size for each axis of the inputs. "
                f"Received: noise_shape={noise_shape}, inputs of shape {shape}."
            )
        shape = tuple(
            size if asked is None else int(asked) for size, asked in zip(shape, given, strict=True)
        )
    kept = random_mask(draw_seed(seed), shape=shape, rate=float(rate))
    scale = 1.0 / (1.0 - rate) if rate < 1 else 0.0
    return ops.where(kept, inputs * scale, ops.zeros((), inputs.dtype))


@operation
def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Any:
    """``x`` with its slices along ``axis`` in random order: ``(...) -> (...)``.

    >>> sorted(kerasette.random.shuffle([1, 2, 3], seed=1).tolist())
    [1, 2, 3]
    """
    x = ops.convert_to_tensor(x)
    order = random_permutation(draw_seed(seed), count=x.shape[axis])
    return ops.take(x, order, axis=axis)


@operation
def categorical(logits: Any, num_samples: int, dtype: Any = "int32", seed: Any = None) -> Any:
    """Classes drawn at random: ``(batch, classes) -> (batch, num_samples)``.

    Args:
        logits: unnormalised log-probabilities of the classes, for each row.
        num_samples: how many to draw for each row.
        dtype: an integer type.
        seed: as for ``normal``.

    >>> kerasette.random.categorical([[0.0, -1e9]], 3, seed=1).tolist()
    [[0, 0, 0]]

    Raises: ValueError for logits that are no matrix.
    """
    logits = ops.convert_to_tensor(logits)
    if len(logits.shape) != 2 or logits.shape[1] == 0:
        raise ValueError(
            "`logits` must have the shape (batch, classes), of at least one class. "
            f"Received: logits of shape {tuple(logits.shape)}."
        )
    name = str(dtypes.standardize_dtype(dtype))
    return random_categorical(draw_seed(seed), logits, num_samples=int(num_samples), dtype=name)


def gamma(shape: Any, alpha: Any, dtype: Any = None, seed: Any = None) -> Any:
    """Gamma distributed numbers of scale 1.

    Args:
        shape: the shape of the result.
        alpha: the shape parameter, above 0; a number or a tensor that broadcasts to ``shape``.
        dtype: a float type; ``floatx`` by default.
        seed: as for ``normal``.

    No gradient flows to ``alpha``.

    >>> bool(ops.all(kerasette.random.gamma((5,), 2.0, seed=1) > 0))
    True
    """
    return _sample(random_gamma, shape, (alpha,), dtype, seed)


def beta(shape: Any, alpha: Any, beta: Any, dtype: Any = None, seed: Any = None) -> Any:
    """Beta distributed numbers in ``[0, 1]``.

    Args:
        shape: the shape of the result.
        alpha: the first parameter, above 0; a number or a tensor that broadcasts to ``shape``.
        beta: the second parameter; likewise.
        dtype: a float type; ``floatx`` by default.
        seed: as for ``normal``.

    No gradient flows to the parameters.

    >>> kerasette.random.beta((2, 3), 1.0, 3.0, seed=1).shape
    (2, 3)
    """
    return _sample(random_beta, shape, (alpha, beta), dtype, seed)


def binomial(
    shape: Any, counts: Any, probabilities: Any, dtype: Any = None, seed: Any = None
) -> Any:
    """Binomially distributed numbers: successes among ``counts`` trials, as floats.

    Args:
        shape: the shape of the result.
        counts: the number of trials; a number or a tensor that broadcasts to ``shape``.
        probabilities: the probability of success in each; likewise.
        dtype: a float type; ``floatx`` by default.
        seed: as for ``normal``.

    >>> kerasette.random.binomial((3,), 10, 1.0, seed=1).tolist()
    [10.0, 10.0, 10.0]
    """
    return _sample(random_binomial, shape, (counts, probabilities), dtype, seed)


def _sample(op: Any, shape: Any, parameters: tuple[Any, ...], dtype: Any, seed: Any) -> Any:
    name = _float_dtype(dtype)
    # float64 holds every count and small probability; a parameter's own type may not.
    wide = [ops.convert_to_tensor(parameter, "float64") for parameter in parameters]
    return op(draw_seed(seed), *wide, shape=_sizes(shape), dtype=name)
