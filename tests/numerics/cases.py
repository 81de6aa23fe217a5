"""Functions at the ends of the numbers: the function, its operands, the values and slopes wanted.

The values are the mathematics, rounded; a slope is the gradient of the sum of the results. Where
Keras on a backend gives another, the page on compatibility says so.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from kerasette import layers, losses, ops

INF, NAN = np.inf, np.nan
BIG = [[1e4, -1e4, 0.0], [1e4, 1e4, 1e4], [-1e4, -1e4, -1e4]]
LOG3 = float(np.log(3.0))
CLOSE = 1 - 1e-7  # the closest to 1 that probabilities come in crossentropies
FAR = float(-np.log(1e-7))
NEAR = float(-np.log(np.float32(CLOSE)))
NOBODY = np.array([[False, False], [True, True]])


class Case(NamedTuple):
    """One function at one point. ``slopes`` has an entry for each operand; ``...``: not asked."""

    function: Callable[..., Any]
    operands: tuple[Any, ...]
    values: Any
    slopes: tuple[Any, ...] = ()


CASES: dict[str, Case] = {}


def case(name: str, function: Callable[..., Any], *operands: Any, gives: Any, slopes: Any = ()):
    assert name not in CASES, name
    CASES[name] = Case(function, operands, gives, slopes)


# --- sums of exponentials -------------------------------------------------------------------------

THIRDS = [1 / 3] * 3
case(
    "logsumexp at 1e4",
    lambda x: ops.logsumexp(x, axis=-1),
    BIG,
    gives=[1e4, 1e4 + LOG3, -1e4 + LOG3],
    slopes=([[1, 0, 0], THIRDS, THIRDS],),
)
case(
    "logsumexp of infinities",
    lambda x: ops.logsumexp(x, axis=-1),
    [[INF, 0.0], [-INF, -INF], [-INF, 0.0]],
    gives=[INF, -INF, 0.0],
    slopes=([[1, 0], [0, 0], [0, 1]],),
)
case(
    "logaddexp",
    ops.logaddexp,
    [1e4, -1e4, INF, -INF, -INF],
    [1e4, 1e4, INF, -INF, 0.0],
    gives=[1e4 + np.log(2), 1e4, INF, -INF, 0.0],
    slopes=([0.5, 0, 0.5, 0.5, 0], [0.5, 1, 0.5, 0.5, 1]),
)
case(
    "logaddexp2",
    ops.logaddexp2,
    [1e4, -1e4, -INF],
    [1e4, 1e4, -INF],
    gives=[1e4 + 1, 1e4, -INF],
    slopes=([0.5, 0, 0.5], [0.5, 1, 0.5]),
)
case(
    "softmax at 1e4",
    lambda x: ops.softmax(x)[:, 0],
    BIG,
    gives=[1, 1 / 3, 1 / 3],
    slopes=([[0, 0, 0], [2 / 9, -1 / 9, -1 / 9], [2 / 9, -1 / 9, -1 / 9]],),
)
case(
    "log_softmax at 1e4",
    ops.log_softmax,
    BIG,
    gives=[[0, -2e4, -1e4], [-LOG3] * 3, [-LOG3] * 3],
    slopes=([[-2, 1, 1], [0, 0, 0], [0, 0, 0]],),
)
case("softplus", ops.softplus, [1e4, -1e4], gives=[1e4, 0], slopes=([1, 0],))
case("log_sigmoid", ops.log_sigmoid, [1e4, -1e4], gives=[0, -1e4], slopes=([0, 1],))
case("sigmoid", ops.sigmoid, [1e4, -1e4, 0.0], gives=[1, 0, 0.5], slopes=([0, 0, 0.25],))
case("tanh", ops.tanh, [1e4, -1e4, 0.0], gives=[1, -1, 0], slopes=([0, 0, 1],))
case("silu", ops.silu, [1e4, -1e4], gives=[1e4, 0], slopes=([1, 0],))
case("gelu", ops.gelu, [1e4, -1e4], gives=[1e4, 0], slopes=([1, 0],))
case("elu", ops.elu, [1e4, -1e4], gives=[1e4, -1], slopes=([1, 0],))
case("selu", ops.selu, [-1e4], gives=[-1.7580993], slopes=([0],))
case("expm1 of tiny", ops.expm1, [1e-10], gives=[1e-10], slopes=([1],))
case("log1p of tiny", ops.log1p, [1e-10], gives=[1e-10], slopes=([1],))
case("log of nothing", ops.log, [0.0, -1.0], gives=[-INF, NAN])

# --- crossentropies at exactly 0 and 1 ------------------------------------------------------------

case(
    "binary crossentropy of probabilities",
    ops.binary_crossentropy,
    [0.0, 1, 1, 0],
    [0.0, 1, 0, 1],
    gives=[NEAR, NEAR, FAR, -np.log(np.float32(1) - np.float32(CLOSE))],
    slopes=(..., [0, 0, 0, 0]),
)
case(
    "binary crossentropy of logits",
    lambda t, x: ops.binary_crossentropy(t, x, from_logits=True),
    [0.0, 1, 1, 0],
    [-1e4, 1e4, -1e4, 1e4],
    gives=[0, 0, 1e4, 1e4],
    slopes=(..., [0, 0, -1, 1]),
)
case(
    "categorical crossentropy of logits",
    lambda t, x: ops.categorical_crossentropy(t, x, from_logits=True),
    [[0.0, 1], [0, 1], [0, 0]],
    [[-1e4, 1e4], [1e4, -1e4], [5, 5]],
    gives=[0, 2e4, 0],
    slopes=(..., [[0, 0], [1, -1], [0, 0]]),
)
case(
    "categorical crossentropy of probabilities",
    ops.categorical_crossentropy,
    [[0.0, 1], [0, 1]],
    [[0.0, 1], [1, 0]],
    gives=[NEAR, FAR],
)
case(
    "sparse categorical crossentropy of logits",
    lambda x: ops.sparse_categorical_crossentropy(
        ops.convert_to_tensor([1, 1], "int32"), x, from_logits=True
    ),
    [[-1e4, 1e4], [1e4, -1e4]],
    gives=[0, 2e4],
    slopes=([[0, 0], [1, -1]],),
)
case("focal loss", losses.BinaryFocalCrossentropy(), [[0.0, 1]], [[0.0, 1]], gives=0)
case("divergence", losses.KLDivergence(), [[0.0, 1]], [[0.0, 1]], gives=0)
case("Poisson", losses.Poisson(), [[0.0, 0]], [[0.0, 0]], gives=0)
case("log cosh", losses.LogCosh(), [[0.0]], [[1e4]], gives=1e4 - np.log(2), slopes=(..., [[1]]))
case("Dice of nothing", losses.Dice(), [[0.0, 0]], [[0.0, 0]], gives=1)
case("Huber far away", losses.Huber(), [[0.0]], [[1e4]], gives=1e4 - 0.5, slopes=(..., [[1]]))

# --- statistics -----------------------------------------------------------------------------------

case("variance of 1e8", ops.var, [1e8] * 1000, gives=0, slopes=([0] * 1000,))
case("deviation of equals", ops.std, [2.0, 2.0], gives=0, slopes=([0, 0],))
case("variance of one", ops.var, [3.0], gives=0, slopes=([0],))
case("variance at an offset", ops.var, [1e4, 1e4 + 1], gives=0.25, slopes=([-0.5, 0.5],))
case(
    "moments of constants",
    lambda x: ops.moments(x, axes=[1])[1],
    [[1e4] * 64, [1e4 + 1] * 64],
    gives=[0, 0],
)
case(
    "layer normalization of constants",
    layers.LayerNormalization(),
    [[1e4] * 4],
    gives=[[0] * 4],
    slopes=([[0] * 4],),
)
case(
    "batch normalization of constants",
    lambda x: layers.BatchNormalization()(x, training=True),
    [[1e4, 1.0]] * 4,
    gives=[[0, 0]] * 4,
    slopes=([[0, 0]] * 4,),
)
case("RMS normalization of zeros", layers.RMSNormalization(), [[0.0] * 4], gives=[[0] * 4])

# --- norms and roots at 0 -------------------------------------------------------------------------

for order in (None, 1, 2, 3, INF):
    case(
        f"norm of order {order} at 0",
        lambda x, order=order: ops.norm(x, ord=order),
        [0.0, 0.0],
        gives=0,
        slopes=([0, 0],),
    )
case("norm of a matrix of zeros", ops.norm, [[0.0, 0], [0, 0]], gives=0, slopes=([[0, 0]] * 2,))
case(
    "cosine similarity with zeros",
    losses.CosineSimilarity(reduction="sum"),
    [[1.0, 0]],
    [[0.0, 0]],
    gives=0,
)
case("hypot at 0", ops.hypot, [0.0], [0.0], gives=[0], slopes=([0], [0]))
case("hypot of large", ops.hypot, [1e30], [1e30], gives=[np.sqrt(2) * 1e30])
case("absolute at 0", ops.abs, [0.0], gives=[0], slopes=([0],))
case(
    "unit normalization", layers.UnitNormalization(), [[0.0, 0], [3, 4]], gives=[[0, 0], [0.6, 0.8]]
)
case("product with a 0", ops.prod, [0.0, 2, 3], gives=0, slopes=([6, 0, 0],))
case("product with two", ops.prod, [0.0, 2, 0], gives=0, slopes=([0, 0, 0],))
case("division by 0", ops.divide_no_nan, [1.0, 0], [0.0, 0], gives=[0, 0], slopes=([0, 0], [0, 0]))
case("singular determinant", ops.det, [[0.0, 0], [0, 1]], gives=0, slopes=([[1, 0], [0, 0]],))

# --- rows that are masked as a whole: no slope goes through the scores ----------------------------

VALUES = [[[1.0, 0], [0, 3]]]


def attended(x: Any) -> Any:
    """Scaled dot products of several heads, the first query's row masked."""
    mask = ops.convert_to_tensor(NOBODY[None, None])
    x = ops.expand_dims(x, 2)
    return ops.dot_product_attention(x, x, x, mask=mask)[:, 0, 0]


case("attention of a masked row", attended, VALUES, gives=[[0.5, 1.5]], slopes=([[[0.5] * 2] * 2],))
case(
    "the layer's attention to nothing",
    lambda x: layers.Attention()([x, x], mask=[None, ops.convert_to_tensor([[False, False]])]),
    VALUES,
    gives=[[[0.5, 1.5]] * 2],
)
case(
    "softmax of a masked row",
    lambda x: layers.Softmax()(x, mask=ops.convert_to_tensor(NOBODY)),
    [[1.0, 2.0], [3.0, 3.0]],
    gives=[[0, 0], [0.5, 0.5]],
)
case(
    "softmax of minus infinity",
    lambda x: ops.softmax(x)[1:],
    [[-INF, -INF], [-INF, 0.0]],
    gives=[[0, 1]],
)

# --- NaN and infinity pass through ----------------------------------------------------------------

for name in ("relu", "sigmoid", "tanh", "gelu", "softplus", "silu", "elu", "abs", "exp", "square"):
    case(f"{name} of NaN", getattr(ops, name), [NAN], gives=[NAN])
case("maximum of NaN", ops.maximum, [1.0, NAN], [NAN, 0.0], gives=[NAN, NAN])
case("max of NaN", ops.max, [1.0, NAN], gives=NAN)
case("clip of NaN", lambda x: ops.clip(x, 0.0, 1.0), [NAN, INF, -INF], gives=[NAN, 1, 0])
case("sum of infinities", ops.sum, [INF, -INF], gives=NAN)
case("sort with NaN last", ops.sort, [NAN, 1.0, 0.0], gives=[0, 1, NAN])
