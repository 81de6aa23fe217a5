"""keras.ops that make arrays, change their shape, and take or put parts of them."""

import numpy as np

from tests.golden.harness import Cases, bools, distinct, integers, real, tensor_of, to_numpy, words

CASES = Cases("ops_shapes")


def op(name: str, *args, **kwargs) -> None:
    """A case of ``keras.ops.name``."""
    CASES.call(f"ops.{name}", *args, **kwargs)


# --- making ---------------------------------------------------------------------------------------

op("arange", 5)
op("arange", 1, 8, 2)
op("arange", 5.0)
op("arange", 0.0, 1.0, 0.25)
op("arange", 3, dtype="float32")
op("arange", 6, 0, -2, dtype="int64")
for name in words("zeros ones empty"):
    op(name, (2, 3)) if name != "empty" else None
    op(name, (2, 3), dtype="int32") if name != "empty" else None
for name in words("zeros_like ones_like"):
    op(name, real(2, 3))
    op(name, integers(0, 3, 2, 3), dtype="float16")
    op(name, bools(3))
op("full", (2, 3), 1.5)
op("full", (2,), 3)
op("full", (2, 3), 3, dtype="int32")
op("full", (2, 3), True, dtype="bool")
op("full_like", real(2, 3), 2)
op("full_like", integers(0, 3, 2), 2.7, dtype="float32")
op("eye", 3)
op("eye", 3, 4, k=1)
op("eye", 3, 2, k=-1, dtype="int32")
op("identity", 3)
op("identity", 2, dtype="bool")
op("tri", 3)
op("tri", 3, 4, k=1)
op("tri", 3, k=-1, dtype="int32")
op("linspace", 0.0, 1.0, 5)
op("linspace", 0, 10, 5, endpoint=False)
op("linspace", 0, 10, 4, dtype="int32")
op("linspace", real(3), real(3, seed=1), 4, axis=0)  # torch knows no other axis
op("logspace", 0.0, 2.0, 5)
op("logspace", 0.0, 2.0, 4, endpoint=False, base=2.0)
op("geomspace", 1.0, 100.0, 5)
op("geomspace", 1.0, 64.0, 4, endpoint=False)
op("vander", real(4), _gradient=False)  # torch writes in place and loses the gradient
op("vander", real(4), N=3, increasing=True, _gradient=False)
for name in words("bartlett blackman hamming hanning"):
    for size in (1, 2, 7, 8):
        op(name, size)
op("kaiser", 7, 0.0)
op("kaiser", 8, 5.0)
op("kaiser", 1, 5.0)
op("array", [[1, 2], [3, 4]])
op("array", [1.5, 2])
op("array", True)
op("array", [1, 2], dtype="float16")
op("array", real(2, 3), dtype="float64")
op("convert_to_tensor", [1, 2, 3])
op("convert_to_tensor", 1.5)
op("convert_to_tensor", 3)
op("convert_to_tensor", True)
op("convert_to_tensor", [[1.0, 2.0]], dtype="int32")
op("convert_to_tensor", integers(0, 5, 3), dtype="bfloat16")
op("convert_to_tensor", real(2, 2, dtype="float64"))
op("convert_to_numpy", real(2, 3), _gradient=False)
op("copy", real(2, 3))
op("diag", real(3))
op("diag", real(3), k=1)
op("diag", real(3, 4))
op("diag", real(3, 4), k=-1)
op("diagflat", real(2, 2))
op("diagflat", real(3), k=-1)
op("diagonal", real(3, 4))
op("diagonal", real(3, 4), offset=1)
op("diagonal", real(2, 3, 4), offset=-1, axis1=1, axis2=2)
op("meshgrid", real(3), real(2))
op("meshgrid", real(3), real(2), real(4), indexing="ij")


@CASES.case("ops.empty", "ops.empty_like")
def empty(keras):
    """Only shape and type are promised."""
    made = [
        keras.ops.empty((2, 3)),
        keras.ops.empty((2,), dtype="int32"),
        keras.ops.empty_like(keras.ops.ones((2, 3))),
        keras.ops.empty_like(keras.ops.ones((2,)), dtype="int32"),
    ]
    return [str((tuple(x.shape), keras.ops.dtype(x))) for x in made]


@CASES.case("ops.shape", "ops.ndim", "ops.size", "ops.dtype", "ops.is_tensor")
def inquiries(keras):
    """What can be asked of an array."""
    x = keras.ops.convert_to_tensor(real(2, 3, 4))
    questions = keras.ops.shape(x), keras.ops.ndim(x), keras.ops.size(x)
    kinds = keras.ops.is_tensor(x), keras.ops.is_tensor(real(2)), keras.ops.is_tensor(3)
    return [[int(item) for item in questions[0]], int(questions[1]), int(questions[2])], [
        keras.ops.dtype(x),
        *kinds,
    ]


# --- shapes ---------------------------------------------------------------------------------------

op("reshape", real(2, 6), (3, 4))
op("reshape", real(2, 6), (-1, 3))
op("reshape", real(2, 6), -1)
op("ravel", real(2, 3))
op("squeeze", real(2, 1, 3, 1))
op("squeeze", real(2, 1, 3, 1), axis=1)
op("squeeze", real(2, 1, 3, 1), axis=(1, -1))
op("expand_dims", real(2, 3), 0)
op("expand_dims", real(2, 3), -1)
op("expand_dims", real(2, 3), (0, 2))
op("transpose", real(2, 3, 4))
op("transpose", real(2, 3, 4), (1, 2, 0))
op("swapaxes", real(2, 3, 4), 0, -1)
op("moveaxis", real(2, 3, 4), 0, 2)
op("moveaxis", real(2, 3, 4), [0, 1], [-1, 0])
op("broadcast_to", real(3, 1), (2, 3, 4))
op("repeat", real(2, 3), 2)
op("repeat", real(2, 3), 2, axis=1)
op("repeat", real(2, 3), np.array([1, 0, 2], "int32"), axis=1)
op("tile", real(2, 3), 2)
op("tile", real(2, 3), (2, 1, 2))
op("flip", real(2, 3))
op("flip", real(2, 3), axis=0)
op("flip", real(2, 3, 2), axis=(0, 2))
op("fliplr", real(2, 3, 2))
op("flipud", real(2, 3, 2))
op("rot90", real(2, 3))
op("rot90", real(2, 3, 4), k=-1, axes=(1, 2))
op("rot90", real(2, 3), k=2)
op("roll", real(2, 3), 1)
op("roll", real(2, 3), -2, axis=1)
op("roll", real(2, 3), (1, 2), axis=(0, 1))
op("tril", real(3, 4))
op("tril", real(2, 3, 3), k=-1)
op("triu", real(3, 4))
op("triu", real(2, 3, 3), k=1)
op("triu", integers(1, 9, 3, 3))
op("pad", real(2, 3), ((1, 0), (2, 1)))
# Torch takes a single number or pair for the last axis only, and has its own "symmetric".
op("pad", real(2, 3), ((1, 1), (0, 2)), constant_values=3.0)
op("pad", real(3, 4), ((2, 1), (1, 2)), mode="reflect")
# mode="edge" has no case: torch does not know it.
op("pad", integers(0, 9, 3), ((1, 2),), constant_values=7)
op("rearrange", real(2, 3, 4), "b h w -> b (h w)")
op("rearrange", real(2, 6), "b (h w) -> w b h", h=2)
op("rearrange", real(2, 3), "a b -> b a")

# --- joining and splitting ------------------------------------------------------------------------

op("concatenate", [real(2, 3), real(2, 2)], axis=1)
op("concatenate", [real(2, 3), real(1, 3), real(3, 3)])
op("concatenate", [real(2, 3), integers(0, 5, 2, 3)])
op("append", real(2, 3), real(2, 3, seed=1))
op("append", real(2, 3), real(1, 3), axis=0)
op("stack", [real(2, 3), real(2, 3, seed=1)])
op("stack", [real(2, 3), real(2, 3, seed=1)], axis=-1)
op("stack", [integers(0, 5, 3), real(3)])
op("unstack", real(2, 3))
op("unstack", real(2, 3), axis=1)
op("unstack", real(2, 3), num=2, axis=0)
for name in words("hstack vstack dstack"):
    op(name, [real(2, 3), real(2, 3, seed=1)])
    op(name, [real(3), real(3, seed=1)])
    op(name, [real(2, 3), integers(0, 5, 2, 3)])
op("split", real(4, 6), 2)
op("split", real(4, 6), 3, axis=1)
op("split", real(4, 6), [1, 4], axis=1)
op("array_split", real(5, 3), 3)
op("array_split", real(5, 3), 2, axis=1)
op("hsplit", real(2, 4), 2)
op("hsplit", real(4), [1, 3])
op("vsplit", real(4, 2), 2)
op("vsplit", real(4, 2), [1])
op("dsplit", real(2, 2, 4), 2)
op("dsplit", real(2, 2, 4), [1, 3])

# --- taking and putting ---------------------------------------------------------------------------

op("take", real(3, 4), integers(0, 12, 5))
op("take", real(3, 4), integers(0, 3, 2, 2), axis=0)
op("take", real(3, 4), np.array([-1, 0, 3, 3], "int32"), axis=1)
op("take", real(3, 4), 1, axis=0)
op("take_along_axis", real(3, 4), integers(0, 4, 3, 2), axis=1)
op("take_along_axis", real(3, 4), integers(0, 12, 5))
op("take_along_axis", real(3, 4), np.array([[-1, 0, 1, 2]], "int32"), axis=0)
op("unravel_index", integers(0, 12, 5), (3, 4))
op("unravel_index", 7, (3, 4))
op("slice", real(3, 4), (1, 0), (2, 3))
op("slice", real(3, 4), np.array([0, 2], "int32"), (3, 2))
op("slice_update", real(3, 4), (1, 1), real(2, 2))
op("slice_update", integers(0, 9, 5), (2,), np.array([7, 8], "int32"))
op("scatter", np.array([[0, 1], [2, 0], [0, 1]], "int32"), real(3), (3, 2))
op("scatter", np.array([[1], [3], [1]], "int32"), real(3, 2), (4, 2))
op("scatter", np.array([[1], [3]], "int32"), integers(1, 5, 2), (4,))
op("scatter_update", real(3, 4), np.array([[0, 1], [2, 3]], "int32"), real(2))
op("scatter_update", real(3, 4), np.array([[0], [2]], "int32"), real(2, 4))
for reduction in words("add max min mul"):
    places, slopes = np.array([[0], [2], [0]], "int32"), reduction == "add"
    how = {"reduction": reduction, "_gradient": slopes}  # torch loses the others' gradients
    op("scatter_update", real(4), places, real(3), **how)
op("get_item", real(3, 4, 2), 1)
op("get_item", real(3, 4, 2), (slice(None), 2))
op("get_item", real(3, 4, 2), (slice(0, 3, 2), slice(None), -1))
op("get_item", real(3, 4, 2), (Ellipsis, 0))
op("get_item", real(3, 4, 2), (None, slice(1, None)))
op("get_item", distinct(4, 3), (np.array([0, 2, 2]), np.array([1, 0, 0])))
op("get_item", distinct(4, 3), np.array([True, False, True, True]))


@CASES.case("ops.nonzero", "ops.where", "ops.linspace")
def places(keras):
    """Where something holds: one row of places for each axis. And a step, as a number."""
    found: list[np.ndarray] = []
    for array in (integers(0, 2, 3, 4), np.array([0.0, 1.5, 0.0, -2.0], "float32")):
        x = tensor_of(keras, array)
        both = keras.ops.nonzero(x), keras.ops.where(x)
        found += [np.stack([to_numpy(keras, row) for row in rows]).astype("int32") for rows in both]
    return [found, np.float32(float(keras.ops.linspace(0.0, 3.0, 4, retstep=True)[1]))]


@CASES.case("ops.get_item")
def indexing_operator(keras):
    """``x[...]`` on a tensor, by the same rules."""
    x = keras.ops.convert_to_tensor(distinct(4, 3, 2))
    rows = keras.ops.convert_to_tensor(np.array([3, 0, 3]))
    mask = keras.ops.convert_to_tensor(np.array([True, False, True, True]))
    return [x[1], x[1:3, ..., 0], x[-1, None], x[rows], x[:, 1][mask], x[rows, 1], x[2:2]]


@CASES.case(
    "ops.add", "ops.subtract", "ops.multiply", "ops.divide", "ops.power", "ops.matmul", "ops.mod"
)
def operators(keras):
    """Python's operators on tensors, from either side."""
    x, y = (keras.ops.convert_to_tensor(a) for a in (distinct(2, 2), distinct(2, 2, seed=1)))
    n = keras.ops.convert_to_tensor(integers(1, 9, 4))
    return {
        "arithmetic": [x + y, x - 1, 2 - x, x * y, x / y, 1 / x, x**2, x // y, x % 2, -x, abs(x)],
        "matrix": x @ y,
        "compare": [x < y, x <= 0, x > y, x >= y, x == y, x != y],
        "integer": [n + 1, n - 1.5, n * 2, n / 2, n // 2, n % 3, n**2, 7 // n, -n],
        "logic": [(x > 0) & (y > 0), (x > 0) | (y > 0), (x > 0) ^ (y > 0), ~(x > 0)],
    }
