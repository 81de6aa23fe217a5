"""Which element type a result has: over all pairs of types, and Python's numbers with each.

A table is an array of names. A ``"-"`` in it stands for what torch cannot do with those types.

Types of 64 bits are not in the tables, nor uint32, which makes them with a signed type. Keras's own
rule cuts each result to 32 bits, as JAX does by default; its functions on torch follow it or not,
from one to the next. kerasette keeps 64 bits.
"""

import numpy as np

from tests.golden.harness import Cases, find, integers, tensor_of, words

CASES = Cases("dtypes")
ALL = words("bool uint8 uint16 int8 int16 int32 float16 bfloat16 float32")
TORCH = words("bool uint8 int8 int16 int32 float16 bfloat16 float32")
PYTHON = (True, 2, 1.5)
# Where Keras on torch gives another type than its own rule, or kerasette a better one.
NOT_COMPARED = {
    "ops.heaviside": [("bool", "bool")],
    "ops.kron": [("bool", "bool")],
    "ops.matmul": [("bool", "int8"), ("int8", "bool")],  # int32 here, as for two int8
}
NARROWED = [(f"ops.{name}", "uint8") for name in ("sum", "prod", "trace")]


def tensors(keras, dtype: str, shape: tuple[int, ...] = (2, 2)):
    """Small whole numbers of a type; True where they are bool."""
    return keras.ops.cast(tensor_of(keras, integers(1, 4, *shape)), dtype)


def name_of(keras, function, *args) -> str:
    """The type's name of a result, or ``"-"``."""
    try:
        found = function(*args)
    except Exception:  # torch has a dozen kinds of error for types that it does not take
        return "-"
    while isinstance(found, (list, tuple)):
        found = found[0]
    return str(keras.ops.dtype(found))


def pairs(path: str, *shape: int, numbers: bool = True) -> None:
    """A case: the result types of a function of two arrays; also of an array and a number."""

    def run(keras):
        function, made = find(keras, path), {d: tensors(keras, d, shape or (2, 2)) for d in TORCH}
        rows = [[name_of(keras, function, made[a], made[b]) for b in TORCH] for a in TORCH]
        found = {"pairs": np.asarray(rows)}
        for a, b in NOT_COMPARED.get(path, ()):
            found["pairs"][TORCH.index(a), TORCH.index(b)] = "-"
        if numbers:
            weak = [[name_of(keras, function, made[a], x) for x in PYTHON] for a in TORCH]
            found["with Python numbers"] = np.asarray(weak)
        return found

    CASES.add(f"{path} of pairs", run, path)


def singles(path: str) -> None:
    """A case: the result types of a function of one array."""

    def run(keras):
        function = find(keras, path)
        kinds = [d for d in TORCH if (path, d) not in NARROWED]
        return {"types": np.asarray([name_of(keras, function, tensors(keras, d)) for d in kinds])}

    CASES.add(f"{path} of one", run, path)


@CASES.case()
def promotion_lattice(keras):
    """``result_type`` of all pairs, and of each with Python's types."""
    meet = keras.backend.result_type
    return {
        "pairs": np.asarray([[meet(a, b) for b in ALL] for a in ALL]),
        "python": np.asarray([[meet(a, kind) for kind in (bool, int, float)] for a in ALL]),
        "alone": np.asarray([meet(a) for a in [*ALL, bool, int, float]]),
        "three": np.asarray([meet(a, "int8", float) for a in ALL]),
    }


@CASES.case()
def names_of_types(keras):
    """``standardize_dtype`` of names, Python's types and numpy's, and ``None``."""
    given = ["float32", "int32", "bool", np.float64, np.dtype("int16"), "bfloat16", None]
    kinds = [*given, np.dtype("uint8"), int, float]
    return [keras.backend.standardize_dtype(kind) for kind in kinds]


for name in words("""add subtract multiply divide true_divide floor_divide mod power maximum
    minimum equal less logical_and bitwise_and fmod"""):
    pairs(f"ops.{name}")
for name in words("""matmul dot outer hypot heaviside inner tensordot kron arctan2
    logaddexp left_shift"""):
    pairs(f"ops.{name}", numbers=False)  # torch refuses them, or takes them as arrays
pairs("ops.vdot", 4, numbers=False)
for name in words("""abs negative sign square exp log sqrt sin tanh sigmoid floor ceil round
trunc reciprocal isnan logical_not sum mean std var max min prod any all cumsum cumprod argmax
argsort sort median count_nonzero relu softmax gelu logsumexp erf rsqrt transpose ravel flip
zeros_like trace norm tril triu diff real nan_to_num expm1 log1p cbrt average ptp"""):
    singles(f"ops.{name}")


@CASES.case("ops.where", "ops.concatenate", "ops.stack", "ops.clip", "ops.append")
def joined_types(keras):
    """Functions of several arrays."""
    ops = keras.ops
    yes = ops.cast(tensor_of(keras, integers(0, 2, 2, 2)), "bool")
    makers = {
        "where": lambda a, b: ops.where(yes, a, b),
        "concatenate": lambda a, b: ops.concatenate([a, b]),
        "stack": lambda a, b: ops.stack([a, b]),
        "append": ops.append,
        "clip": lambda a, b: ops.clip(a, 0, 2),
        "clip to floats": lambda a, b: ops.clip(a, 0.0, 1.5),
    }
    return {
        name: np.asarray(
            [
                [name_of(keras, make, tensors(keras, a), tensors(keras, b)) for b in TORCH]
                for a in TORCH
            ]
        )
        for name, make in makers.items()
    }


@CASES.case("ops.arange", "ops.linspace", "ops.full", "ops.array", "ops.convert_to_tensor")
def types_of_new_arrays(keras):
    """What Python's numbers become."""
    ops = keras.ops
    made = {
        "arange int": ops.arange(3),
        "arange float": ops.arange(3.0),
        "arange mixed": ops.arange(0, 3, 0.5),
        "linspace": ops.linspace(0, 1, 3),
        "full int": ops.full((2,), 1),
        "full float": ops.full((2,), 1.0),
        "array bools": ops.array([True, False]),
        "array ints": ops.array([1, 2]),
        "array floats": ops.array([1.0, 2]),
        "convert int": ops.convert_to_tensor(1),
        "convert float": ops.convert_to_tensor(1.0),
        "convert float64": ops.convert_to_tensor(np.ones(2)),
        "convert int64": ops.convert_to_tensor(np.ones(2, "int64")),
        "convert list of numpy": ops.convert_to_tensor([np.float32(1.0), np.float32(2.0)]),
        "zeros": ops.zeros((2,)),
        "eye": ops.eye(2),
        "one hot": ops.one_hot(ops.array([0, 1]), 2),
        "shape": ops.argmax(ops.ones((2,))),
    }
    return {name: keras.ops.dtype(x) for name, x in made.items()}


@CASES.case("layers.Dense")
def types_under_policies(keras):
    """Of outputs, weights and gradients' targets under each dtype policy."""
    found = {}
    for policy in words("float32 float64 float16 bfloat16 mixed_float16 mixed_bfloat16"):
        layer = keras.layers.Dense(2, dtype=policy)
        out = layer(tensor_of(keras, np.ones((1, 3), "float32")))
        found[policy] = [
            keras.ops.dtype(out),
            keras.ops.dtype(layer.kernel),
            layer.compute_dtype,
            layer.variable_dtype,
            layer.dtype_policy.name,
        ]
    return found
