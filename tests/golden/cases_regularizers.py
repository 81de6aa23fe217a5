"""keras.regularizers: penalties and their gradients."""

import numpy as np

from tests.golden.harness import Cases, describe, differentiate, find, real, record

CASES = Cases("regularizers")
MATRIX = real(3, 4)


def regularizer(name: str, **arguments) -> None:
    """A case: the penalty on a matrix, its gradient, and the configuration."""

    def run(keras):
        made = find(keras, f"regularizers.{name}")(**arguments)
        outputs, slopes = differentiate(keras, made, [MATRIX])
        config = {key: np.asarray(value) for key, value in made.get_config().items()}
        return record(keras, "out", [outputs, config]) | slopes

    CASES.add(f"{name}{describe((), arguments)}", run, f"regularizers.{name}")


for name in ("L1", "L2", "L1L2", "l1", "l2", "l1_l2", "OrthogonalRegularizer"):
    regularizer(name)
regularizer("L1", l1=0.3)
regularizer("L2", l2=0.3)
regularizer("L1L2", l1=0.3, l2=0.2)
regularizer("orthogonal_regularizer", factor=0.2, mode="rows")
regularizer("OrthogonalRegularizer", factor=0.2, mode="columns")
regularizer("L1", l1=0.0)
regularizer("L2", l2=2.0)
regularizer("L1L2", l1=0.3)
regularizer("L1L2", l2=0.2)
regularizer("OrthogonalRegularizer", factor=1.5, mode="rows")


@CASES.case("regularizers.get", "regularizers.serialize", "regularizers.deserialize")
def identifiers(keras):
    """Names as strings, and a configuration there and back."""
    x = keras.ops.convert_to_tensor(MATRIX)
    found = [keras.regularizers.get(name)(x) for name in ("l1", "l2", "l1l2", "L1", "L2", "L1L2")]
    config = keras.regularizers.serialize(keras.regularizers.L2(0.3))
    again = keras.regularizers.deserialize(config)(x)
    return [found, again, config["class_name"], keras.regularizers.get(None) is None]


@CASES.case("regularizers.Regularizer")
def own_regularizer(keras):
    """A subclass of one's own, in a layer."""

    class Cubes(keras.regularizers.Regularizer):
        def __call__(self, x):
            return 0.1 * keras.ops.sum(keras.ops.abs(x) ** 3)

    layer = keras.layers.Dense(4, kernel_regularizer=Cubes(), bias_regularizer="l1")
    layer.build((None, 3))
    layer.set_weights([MATRIX, real(4)])
    return layer.losses
