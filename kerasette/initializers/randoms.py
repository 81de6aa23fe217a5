"""Random initializers of a fixed spread, and orthogonal ones."""

import math
from typing import Any

from kerasette import ops
from kerasette import random as kerasette_random
from kerasette.arrays import dtypes
from kerasette.declared import declared
from kerasette.initializers.initializer import Initializer
from kerasette.random.seed_generator import SeedGenerator, make_default_seed
from kerasette.saving.serialization import deserialize_keras_object, serialize_keras_object

__all__ = ["Orthogonal", "RandomInitializer", "RandomNormal", "RandomUniform", "TruncatedNormal"]


@declared
class RandomInitializer(Initializer):
    """Base class of initializers with a ``seed``.

    With an integer (also the one that ``None`` picks, once, when the initializer is made) the same
    shape always gets the same values. With a ``SeedGenerator`` each call gives new ones.
    """

    is_random = True  # its values may come later, see core/deferred.py
    seed: Any = None

    def validate(self) -> None:
        self._given_seed = self.seed
        if isinstance(self.seed, dict):
            self._given_seed = self.seed = deserialize_keras_object(self.seed)
        if self.seed is None:
            self.seed = make_default_seed()
        elif not isinstance(self.seed, (int, SeedGenerator)):
            raise ValueError(
                f"`seed` must be an integer or a SeedGenerator. Received: seed={self.seed!r}."
            )

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an initializer like this one; the seed as it was given."""
        return {**super().get_config(), "seed": serialize_keras_object(self._given_seed)}


@declared
class RandomNormal(RandomInitializer):
    """Normally distributed values.

    Args:
        mean: their mean.
        stddev: their standard deviation.
        seed: see ``RandomInitializer``.
    """

    mean: float = 0.0
    stddev: float = 0.05

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return kerasette_random.normal(
            shape, self.mean, self.stddev, dtypes.standardize_dtype(dtype), self.seed
        )


@declared
class TruncatedNormal(RandomInitializer):
    """Normally distributed values, of which those beyond two deviations are not taken.

    Args:
        mean: their mean.
        stddev: the standard deviation before the ends are cut.
        seed: see ``RandomInitializer``.
    """

    mean: float = 0.0
    stddev: float = 0.05

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return kerasette_random.truncated_normal(
            shape, self.mean, self.stddev, dtypes.standardize_dtype(dtype), self.seed
        )


@declared
class RandomUniform(RandomInitializer):
    """Values spread evenly over ``[minval, maxval)``; whole numbers for an integer dtype.

    Args:
        minval: the lower bound.
        maxval: the upper bound.
        seed: see ``RandomInitializer``.
    """

    minval: float = -0.05
    maxval: float = 0.05

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return kerasette_random.uniform(
            shape, self.minval, self.maxval, dtypes.standardize_dtype(dtype), self.seed
        )


@declared
class Orthogonal(RandomInitializer):
    """``gain`` times a random matrix whose rows or columns, whichever are fewer, are orthonormal.

    All axes but the last make up the rows.

    Args:
        gain: a factor for the matrix.
        seed: see ``RandomInitializer``.

    Reference: Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep linear
    neural networks", arXiv:1312.6120.

    >>> q = kerasette.initializers.Orthogonal(seed=1)((3, 3))
    >>> bool(ops.all(ops.abs(q @ ops.transpose(q) - ops.eye(3)) < 1e-5))
    True
    """

    gain: float = 1.0

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        if len(shape) < 2:
            raise ValueError(
                "Orthogonal initializes weights of at least two axes. "
                f"Received: shape={tuple(shape)}."
            )
        dtype = dtypes.standardize_dtype(dtype)
        rows, columns = math.prod(shape[:-1]), shape[-1]
        flat = (max(rows, columns), min(rows, columns))
        wide = dtype if dtype == "float64" else "float32"
        q, r = ops.qr(kerasette_random.normal(flat, dtype=wide, seed=self.seed))
        # With the signs of R's diagonal, Q is spread evenly over all orthogonal matrices.
        q = q * ops.sign(ops.diagonal(r))
        if rows < columns:
            q = ops.transpose(q)
        return ops.cast(self.gain * ops.reshape(q, shape), dtype)
