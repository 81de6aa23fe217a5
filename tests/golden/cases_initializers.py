"""keras.initializers: those without chance by value; the random ones by their bounds and spread.

Random numbers differ from library to library, so of a random initializer the cases keep what
follows from its formula: the spread and the reach, as estimated from many numbers.
"""

import numpy as np

from tests.golden.harness import Cases, describe, find, record, to_numpy, words

CASES = Cases("initializers")


def initializer(name: str, *shape: int, dtype: str | None = None, **arguments) -> None:
    """A case: the array that a deterministic initializer makes."""

    def run(keras):
        made = find(keras, f"initializers.{name}")(**arguments)
        return record(keras, "out", made(shape, dtype=dtype) if dtype else made(shape))

    CASES.add(f"{name}{describe(shape, arguments)} {dtype}", run, f"initializers.{name}")


for name in words("Zeros Ones zeros ones Constant constant"):
    initializer(name, 2, 3)
    initializer(name, 2, dtype="int32")
initializer("Constant", 2, 3, value=1.5)
initializer("Constant", 2, dtype="float16", value=0.1)
initializer("Constant", 2, dtype="bool", value=True)
for name in words("Identity identity IdentityInitializer"):
    initializer(name, 3, 3)
initializer("Identity", 3, 4, gain=0.5)
for name in words("STFT stft STFTInitializer"):
    initializer(name, 8, 1, 5)
for side in ("real", "imag"):
    for window in ("hann", "hamming", None):
        for scaling in ("density", "spectrum", None):
            arguments = {"side": side, "window": window, "scaling": scaling}
            initializer("STFT", 8, 1, 5, **arguments)
initializer("STFT", 7, 1, 5, periodic=True)

FANS = {"dense": (300, 200), "convolution": (3, 3, 40, 60), "vector": (4000,)}
SCALED = words("""GlorotNormal GlorotUniform HeNormal HeUniform LecunNormal LecunUniform
VarianceScaling glorot_normal glorot_uniform he_normal he_uniform lecun_normal lecun_uniform
variance_scaling""")
PLAIN = words("""RandomNormal RandomUniform TruncatedNormal random_normal random_uniform
truncated_normal""")


def spread(name: str, shape: tuple[int, ...], **arguments) -> None:
    """A case: standard deviation and largest size, as far as many numbers fix them."""

    def run(keras):
        made = find(keras, f"initializers.{name}")(seed=1, **arguments)
        first, second = made(shape), made(shape)
        array = to_numpy(keras, first)
        deviation = float(array.std())
        normal = ("ormal" in name and "runcated" not in name) or "untruncated" in repr(arguments)
        return {
            "like": np.asarray(f"{array.shape} {array.dtype}"),
            "same seed, same numbers": np.asarray(bool((array == to_numpy(keras, second)).all())),
            "deviation": np.asarray(deviation, "float32"),
            "mean over deviation": np.asarray(array.mean() / deviation, "float32"),
            "reach": np.asarray(0.0 if normal else np.abs(array).max() / deviation, "float32"),
        }

    how = {"tolerance": 0.05, "because": "estimates from some ten thousand random numbers"}
    title = f"{name}{describe(shape, arguments)}"
    CASES.add(title, run, f"initializers.{name}", **how)


for name in SCALED:
    for shape in (*FANS.values(),) if name[0].isupper() else (FANS["dense"],):
        spread(name, shape)
for mode in words("fan_in fan_out fan_avg"):
    for distribution in words("truncated_normal untruncated_normal uniform"):
        arguments = {"scale": 2.0, "mode": mode, "distribution": distribution}
        spread("VarianceScaling", FANS["convolution"], **arguments)
for name in PLAIN:
    spread(name, (100, 200))
spread("RandomNormal", (100, 200), mean=0.5, stddev=2.0)
spread("RandomUniform", (100, 200), minval=-2.0, maxval=1.0)
spread("TruncatedNormal", (100, 200), mean=0.5, stddev=2.0)
spread("GlorotUniform", (30, 20, 10), input_axes=[0], output_axes=[1, 2])
spread("HeNormal", (30, 20, 10), input_axes=[0, 1], output_axes=[2])


for name in ("Zeros", "Ones"):
    initializer(name, 2, 3, dtype="float16")
initializer("Identity", 4, 3, gain=2.0)
spread("RandomNormal", (40, 500), mean=-1.0, stddev=0.1)
spread("RandomUniform", (40, 500), minval=0.5, maxval=1.0)
spread("TruncatedNormal", (40, 500), mean=-1.0, stddev=0.1)


@CASES.case(
    "initializers.Orthogonal",
    "initializers.orthogonal",
    "initializers.OrthogonalInitializer",
)
def orthogonal(keras):
    """Rows or columns of length ``gain`` at right angles."""
    found = []
    for name in ("Orthogonal", "orthogonal", "OrthogonalInitializer"):
        for shape in ((6, 4), (4, 6), (2, 3, 4)):
            made = getattr(keras.initializers, name)(gain=1.5, seed=3)(shape)
            flat = to_numpy(keras, made).reshape(-1, shape[-1])
            gram = flat.T @ flat if flat.shape[0] >= flat.shape[1] else flat @ flat.T
            found.append(np.round(gram, 4) + 0.0)
    return found


@CASES.case(
    "initializers.get",
    "initializers.serialize",
    "initializers.deserialize",
    "initializers.Initializer",
)
def identifiers(keras):
    """Names as strings, a configuration there and back, a subclass of one's own."""
    names = [*SCALED, *PLAIN, "orthogonal", "zeros", "ones"]
    found = [type(keras.initializers.get(name)).__name__ for name in names]
    config = keras.initializers.serialize(keras.initializers.Constant(0.5))
    again = keras.initializers.deserialize(config)((2,))

    class Counting(keras.initializers.Initializer):
        def __call__(self, shape, dtype=None):
            return keras.ops.reshape(keras.ops.arange(int(np.prod(shape))), shape)

    fixed = keras.initializers.get(lambda shape, dtype=None: keras.ops.ones(shape) * 2)((2,))
    return [found, again, Counting()((2, 2)), fixed, config["class_name"]]
