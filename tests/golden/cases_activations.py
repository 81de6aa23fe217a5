"""keras.activations, by name and as functions, at ordinary and at far arguments."""

import numpy as np

from tests.golden.harness import Cases, distinct, real, words

CASES = Cases("activations")
FAR = np.array([-1e4, -90.0, -20.0, -3.1, -0.2, 0.3, 3.2, 20.0, 90.0, 1e4], "float32")
PLAIN = words("""celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish
hard_tanh leaky_relu linear log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink
softmax softplus softsign sparse_plus sparse_sigmoid sparsemax squareplus swish tanh tanh_shrink""")

for name in PLAIN:
    # Keras's sparsemax adds up partial sums, and is right only where one weight takes all.
    scale = 8 if name == "sparsemax" else 1
    CASES.call(f"activations.{name}", distinct(3, 4) * scale)
    CASES.call(f"activations.{name}", FAR, _gradient=name != "exponential")
    CASES.call(f"activations.{name}", distinct(2, 4, dtype="float16") * scale)
for name, arguments in {
    "celu": {"alpha": 0.5},
    "elu": {"alpha": 0.5},
    "gelu": {"approximate": True},
    "glu": {"axis": 0},
    "hard_shrink": {"threshold": 1.0},
    "leaky_relu": {"negative_slope": 0.1},
    "log_softmax": {"axis": 0},
    "soft_shrink": {"threshold": 1.0},
    "softmax": {"axis": 0},
    "squareplus": {"b": 1},
    "threshold": {"threshold": 0.3, "default_value": -1.0},
}.items():
    CASES.call(f"activations.{name}", distinct(4, 3), **arguments)
CASES.call("activations.softmax", real(2, 3, 4), axis=(1, 2))
for arguments in (
    {"negative_slope": 0.1},
    {"max_value": 1.0},
    {"threshold": 0.5},
    {"negative_slope": 0.2, "max_value": 1.0, "threshold": 0.5},
):
    CASES.call("activations.relu", distinct(3, 4), **arguments)
CASES.call("activations.threshold", distinct(4, 3), threshold=-0.5, default_value=0.0)
CASES.call("activations.threshold", FAR, threshold=0.0, default_value=2.0)


@CASES.case("activations.get", "activations.serialize", "activations.deserialize")
def identifiers(keras):
    """Names, functions and None; and the name back."""
    got = [keras.activations.get(name).__name__ for name in [*PLAIN, "threshold", None]]
    same = keras.activations.get(keras.activations.relu) is keras.activations.relu
    back = [keras.activations.serialize(keras.activations.get(name)) for name in PLAIN]
    found = [keras.activations.deserialize(name).__name__ for name in back]
    return {"got": got, "same": same, "back": back, "found": found}
