"""keras.optimizers: several steps from fixed weights by fixed gradients; every slot afterwards."""

import re

import numpy as np

from tests.golden.harness import (
    Cases,
    describe,
    find,
    frozen,
    map_arrays,
    real,
    record,
    tensor_of,
    to_numpy,
)

CASES = Cases("optimizers")
SHAPES = ((3, 4), (4,), (), (2, 3, 2))
STEPS = 5


def gradients_of_step(step: int) -> list[np.ndarray]:
    """One gradient for each variable; they grow, so that clipping sets in on the way."""
    return [real(*shape, seed=100 * step + i, scale=0.5 + step) for i, shape in enumerate(SHAPES)]


def run_steps(keras, make, steps: int = STEPS, gradients=gradients_of_step, **variables) -> dict:
    """The variables after every step, and the optimizer's own at the end."""
    held = [
        keras.Variable(real(*shape, seed=i), name=f"v{i}", **variables)
        for i, shape in enumerate(SHAPES)
    ]
    optimizer = make(keras)
    after = []
    for step in range(steps):
        slopes = map_arrays(lambda array: tensor_of(keras, array), gradients(step))
        optimizer.apply(slopes, held) if step == 0 else optimizer.apply(slopes)
        after.append(flat(keras, held))
    state = [v for v in optimizer.variables if "float" in str(v.dtype)]
    found = {
        "steps": np.stack(after),
        "names": np.asarray([own_name(v.path) for v in optimizer.variables]),
        "iterations": np.asarray(int(optimizer.iterations)),
        "rate": to_numpy(keras, optimizer.learning_rate),
    }
    optimizer.finalize_variable_values(held)
    return found | record(keras, "slots", state) | {"final": flat(keras, held)}


def own_name(path: str) -> str:
    """A variable's path below the optimizer's; a made-up name without its number."""
    return re.sub(r"^variable(_\d+)?$", "variable", path.partition("/")[2])


def flat(keras, variables: list) -> np.ndarray:
    """All numbers of the variables in a row."""
    return np.concatenate([to_numpy(keras, variable).ravel() for variable in variables])


def optimizer(name: str, **config) -> None:
    """A case: the optimizer with these arguments."""

    def run(keras):
        return run_steps(keras, lambda keras: find(keras, f"optimizers.{name}")(**config))

    CASES.add(f"{name}{describe((), config)}", run, f"optimizers.{name}")


# Lion's and Ftrl's steps are by sign and threshold: exact zeros would be a matter of luck.
OWN: dict[str, tuple[dict, ...]] = {
    "SGD": (
        {"momentum": 0.9},
        {"momentum": 0.9, "nesterov": True},
        {"momentum": 0.5, "weight_decay": 0.1},
    ),
    "RMSprop": ({"rho": 0.8, "momentum": 0.5}, {"centered": True}, {"epsilon": 1e-3}),
    "Adam": ({"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3}, {"amsgrad": True}),
    "AdamW": ({"weight_decay": 0.1}, {"amsgrad": True}),
    "Adamax": ({"beta_1": 0.8, "beta_2": 0.9},),
    "Nadam": ({"beta_1": 0.8, "beta_2": 0.9},),
    "Adagrad": ({"initial_accumulator_value": 0.5, "epsilon": 1e-3},),
    "Adadelta": ({"rho": 0.8, "epsilon": 1e-3},),
    "Adafactor": (
        {"relative_step": False},
        {"beta_2_decay": -0.5, "clip_threshold": 0.5, "epsilon_2": 0.01},
    ),
    "Ftrl": (
        {"l1_regularization_strength": 0.1, "l2_regularization_strength": 0.2},
        {"l2_shrinkage_regularization_strength": 0.1, "beta": 0.1},
        {"learning_rate_power": -0.3, "initial_accumulator_value": 0.5},
    ),
    "Lamb": ({"beta_1": 0.8, "weight_decay": 0.1},),
    "Lion": ({"beta_1": 0.8, "beta_2": 0.9}, {"weight_decay": 0.1}),
    "Muon": (
        {"nesterov": False, "momentum": 0.8},
        {"ns_steps": 3, "rms_rate": None},
        {"exclude_layers": ["v0"], "adam_weight_decay": 0.1, "adam_lr_ratio": 0.5},
    ),
}
SHARED = (
    {"weight_decay": 0.05},
    {"clipnorm": 0.7},
    {"clipvalue": 0.5},
    {"global_clipnorm": 1.5},
    {"gradient_accumulation_steps": 2},
    {"use_ema": True, "ema_momentum": 0.7},
    {"use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 2},
)
for name, variants in OWN.items():
    optimizer(name)
    for variant in variants:
        optimizer(name, learning_rate=0.1, **variant)
    for variant in SHARED:
        optimizer(name, learning_rate=0.1, **variant)
optimizer("SGD", learning_rate=0.1, loss_scale_factor=8.0)
optimizer("Adam", learning_rate=0.1, clipnorm=0.7, weight_decay=0.1, use_ema=True)

CASES.leave_out(
    "on torch it reads the momentum after its own update in place, where the formula and the other "
    "backends read it before",
    "optimizers.ScheduleFreeAdamW",
)


@CASES.case("optimizers.Adam", "optimizers.SGD")
def changing_learning_rate(keras):
    """A rate set between steps, and a schedule that the steps follow."""
    found = []
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
    for rate in (0.1, schedule):
        made = keras.optimizers.Adam(rate)
        variable = keras.Variable(real(3))
        for step in range(4):
            if step == 2 and rate == 0.1:
                made.learning_rate = 0.01
            made.apply([tensor_of(keras, real(3, seed=step))], [variable])
            found.append(frozen(keras, [variable, made.learning_rate]))
    return found


@CASES.case("optimizers.AdamW", "optimizers.Optimizer")
def excluded_from_decay(keras):
    """Weight decay leaves variables out by name or by themselves."""
    made = keras.optimizers.AdamW(0.1, weight_decay=0.5)
    held = [keras.Variable(real(3, seed=i), name=n) for i, n in enumerate(("a", "bias", "c"))]
    made.exclude_from_weight_decay(var_list=[held[2]], var_names=["bias"])
    for step in range(3):
        made.apply([tensor_of(keras, real(3, seed=10 + step)) for _ in held], held)
    return held


@CASES.case("optimizers.LossScaleOptimizer")
def loss_scale(keras):
    """The scale grows after steps without overflow and halves after one; that step is skipped."""
    made = keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(0.1, momentum=0.9), initial_scale=8.0, dynamic_growth_steps=2
    )
    variable = keras.Variable(real(3))
    found = []
    for step in range(7):
        slope = real(3, seed=step + 5) * 8
        if step == 4:
            slope[1] = np.inf
        made.apply([tensor_of(keras, slope)], [variable])
        scaled = made.scale_loss(keras.ops.convert_to_tensor(1.5))
        found.append(frozen(keras, [variable, float(made.dynamic_scale), scaled]))
    return [found, int(made.inner_optimizer.iterations)]


@CASES.case("optimizers.SGD")
def scaled_loss(keras):
    """A fixed loss scale multiplies the loss and divides the gradients."""
    made = keras.optimizers.SGD(0.1, loss_scale_factor=16.0)
    return made.scale_loss(keras.ops.convert_to_tensor(1.5))


@CASES.case("optimizers.MultiOptimizer", "optimizers.OptimizerMap")
def several_optimizers(keras):
    """Variables to optimizers by path, exactly and by pattern."""
    held = [keras.Variable(real(3, seed=i), name=n) for i, n in enumerate(("a", "bias", "c"))]
    chosen = keras.optimizers.OptimizerMap(keras.optimizers.SGD(0.1))
    chosen["bias"] = keras.optimizers.Adam(0.2)
    chosen["c.*"] = keras.optimizers.RMSprop(0.3)
    made = keras.optimizers.MultiOptimizer(chosen)
    for step in range(3):
        slopes = [tensor_of(keras, real(3, seed=10 * step + i)) for i in range(3)]
        made.apply(slopes, held)
    names = [chosen[path].name for path in ("a", "bias", "c", "cc")]
    return [held, names, len(chosen)]


@CASES.case("optimizers.SGD", "optimizers.Adam")
def constrained_variables(keras):
    """A variable's constraint holds after every step."""
    found = []
    for made in (keras.optimizers.SGD(0.5), keras.optimizers.Adam(0.5)):
        layer = keras.layers.Dense(2, kernel_constraint="non_neg", use_bias=False)
        layer.build((None, 3))
        layer.set_weights([np.abs(real(3, 2))])
        for step in range(3):
            made.apply([tensor_of(keras, real(3, 2, seed=step))], layer.trainable_variables)
        found.append(layer.kernel)
    return found


@CASES.case("optimizers.SGD")
def half_precision(keras):
    """Float16 and bfloat16 variables."""
    found = {}
    for dtype in ("float16", "bfloat16"):
        variable = keras.Variable(real(3), dtype=dtype)
        made = keras.optimizers.SGD(0.1, momentum=0.9)
        for step in range(2):
            slope = keras.ops.cast(tensor_of(keras, real(3, seed=step + 5)), dtype)
            made.apply([slope], [variable])
        found[dtype] = [variable, *(v for v in made.variables if v.name != "iteration")]
    return found


@CASES.case("optimizers.get", "optimizers.serialize", "optimizers.deserialize")
def identifiers(keras):
    """Strings in any case, and a configuration there and back."""
    known = [name for name in OWN if name not in ("Lamb", "Muon")]  # Keras itself refuses these
    found = [type(keras.optimizers.get(name.lower())).__name__ for name in known]
    config = keras.optimizers.serialize(keras.optimizers.SGD(0.2, momentum=0.3, clipnorm=1.0))
    written = config["class_name"]  # Keras writes into what it reads
    again = keras.optimizers.deserialize(config)
    values = [float(again.learning_rate), again.momentum, again.clipnorm]
    return [found, np.float32(values), written]


# --- schedules ------------------------------------------------------------------------------------

SCHEDULES: dict[str, tuple[dict, ...]] = {
    "ExponentialDecay": (
        {"initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.7},
        {"initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.7, "staircase": True},
        {"initial_learning_rate": 2.0, "decay_steps": 3, "decay_rate": 1.1},
    ),
    "InverseTimeDecay": (
        {"initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.7},
        {"initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.7, "staircase": True},
        {"initial_learning_rate": 2.0, "decay_steps": 3, "decay_rate": 1.1},
    ),
    "PolynomialDecay": (
        {"initial_learning_rate": 0.1, "decay_steps": 8},
        {"initial_learning_rate": 0.1, "decay_steps": 8, "power": 2.0, "end_learning_rate": 0.01},
        {"initial_learning_rate": 0.1, "decay_steps": 8, "cycle": True},
    ),
    "PiecewiseConstantDecay": (
        {"boundaries": [3, 8], "values": [1.0, 0.5, 0.1]},
        {"boundaries": [5], "values": [0.1, 0.2]},
        {"boundaries": [0, 2, 4, 21], "values": [1.0, 0.5, 0.1, 0.2, 0.3]},
    ),
    "CosineDecay": (
        {"initial_learning_rate": 0.1, "decay_steps": 10},
        {"initial_learning_rate": 0.1, "decay_steps": 10, "alpha": 0.2},
        {
            "initial_learning_rate": 0.1,
            "decay_steps": 10,
            "warmup_target": 1.0,
            "warmup_steps": 4,
        },
    ),
    "CosineDecayRestarts": (
        {"initial_learning_rate": 0.1, "first_decay_steps": 4},
        {
            "initial_learning_rate": 0.1,
            "first_decay_steps": 4,
            "t_mul": 1.0,
            "m_mul": 0.5,
            "alpha": 0.1,
        },
        {"initial_learning_rate": 0.5, "first_decay_steps": 3, "t_mul": 1.5, "m_mul": 0.9},
    ),
}
for name, variants in SCHEDULES.items():
    for variant in variants:

        def rates(keras, name=name, variant=variant):
            """The rate at each of many steps, steps as numbers and as tensors."""
            made = find(keras, f"optimizers.schedules.{name}")(**variant)
            values = [made(step) for step in range(0, 22, 1)]
            as_tensor = made(keras.ops.convert_to_tensor(np.int64(7)))
            return record(keras, "rate", [np.float32(v) for v in map(float, values)]) | record(
                keras, "tensor", as_tensor
            )

        CASES.add(f"{name}{describe((), variant)}", rates, f"optimizers.schedules.{name}")


@CASES.case(
    "optimizers.schedules.serialize",
    "optimizers.schedules.deserialize",
    "optimizers.schedules.LearningRateSchedule",
)
def schedules_there_and_back(keras):
    """A configuration there and back, and a schedule of one's own."""
    schedules = keras.optimizers.schedules
    config = schedules.serialize(schedules.PolynomialDecay(0.1, 8, power=2.0))

    class Halving(schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.5 ** keras.ops.cast(step, "float32")

    variable = keras.Variable(real(3))
    made = keras.optimizers.SGD(Halving())
    for step in range(3):
        made.apply([tensor_of(keras, real(3, seed=step))], [variable])
    return [np.float32(float(schedules.deserialize(config)(3))), config["class_name"], variable]
