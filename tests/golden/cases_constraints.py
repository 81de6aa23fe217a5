"""keras.constraints: projections of weights."""

from tests.golden.harness import Cases, describe, find, real, record, tensor_of, words

CASES = Cases("constraints")


def constraint(name: str, *shape: int, **arguments) -> None:
    """A case: the projection of an array of that shape, and the configuration."""

    def run(keras):
        made = find(keras, f"constraints.{name}")(**arguments)
        outputs = made(tensor_of(keras, real(*shape, scale=2.0)))
        return record(keras, "out", [outputs, made.get_config()])

    CASES.add(f"{name}{describe(shape, arguments)}", run, f"constraints.{name}")


for name in words("MaxNorm MinMaxNorm NonNeg UnitNorm max_norm min_max_norm non_neg unit_norm"):
    constraint(name, 3, 4)
constraint("MaxNorm", 3, 4, max_value=0.7, axis=1)
constraint("MaxNorm", 2, 3, 2, 4, max_value=1.5, axis=[0, 1, 2])
constraint("MinMaxNorm", 3, 4, min_value=0.5, max_value=1.5, rate=0.4, axis=1)
constraint("MinMaxNorm", 2, 3, 2, 4, min_value=2.0, max_value=3.0, axis=[0, 1, 2])
constraint("UnitNorm", 3, 4, axis=1)
constraint("UnitNorm", 2, 3, 2, 4, axis=[0, 1, 2])
constraint("NonNeg", 2, 3, 4)
constraint("NonNeg", 5)
constraint("MaxNorm", 5, max_value=0.1)
constraint("MinMaxNorm", 3, 4, min_value=0.0, max_value=0.5, rate=0.0)


@CASES.case(
    "constraints.get", "constraints.serialize", "constraints.deserialize", "constraints.Constraint"
)
def identifiers(keras):
    """Names as strings, a configuration there and back, a subclass of one's own."""
    x = tensor_of(keras, real(3, 4))
    names = ("max_norm", "min_max_norm", "non_neg", "unit_norm", "MaxNorm", "NonNeg")
    found = [keras.constraints.get(name)(x) for name in names]
    config = keras.constraints.serialize(keras.constraints.MaxNorm(0.5, axis=1))

    class Rounded(keras.constraints.Constraint):
        def __call__(self, w):
            return keras.ops.round(w)

    again = [keras.constraints.deserialize(config)(x), Rounded()(x)]
    return [found, again, config["class_name"], keras.constraints.get(None) is None]
