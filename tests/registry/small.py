"""Samples of everything small: activations, initializers, regularizers, optimizers, callbacks..."""

import inspect
from types import ModuleType
from typing import Any

import kerasette
from kerasette import callbacks, optimizers
from kerasette.optimizers import schedules

ACTIVATIONS: dict[str, list[dict[str, Any]]] = {
    "celu": [{}, {"alpha": 0.5}],
    "elu": [{}, {"alpha": 0.5}],
    "exponential": [{}],
    "gelu": [{}, {"approximate": True}],
    "glu": [{}, {"axis": 1}],
    "hard_shrink": [{}, {"threshold": 1.0}],
    "hard_sigmoid": [{}],
    "hard_silu": [{}],
    "hard_swish": [{}],
    "hard_tanh": [{}],
    "leaky_relu": [{}, {"negative_slope": 0.05}],
    "linear": [{}],
    "log_sigmoid": [{}],
    "log_softmax": [{}, {"axis": 0}],
    "mish": [{}],
    "relu": [{}, {"negative_slope": 0.2, "max_value": 1.0, "threshold": 0.5}],
    "relu6": [{}],
    "selu": [{}],
    "sigmoid": [{}],
    "silu": [{}],
    "soft_shrink": [{}, {"threshold": 1.0}],
    "softmax": [{}, {"axis": 0}, {"axis": (0, 1)}],
    "softplus": [{}],
    "softsign": [{}],
    "sparse_plus": [{}],
    "sparse_sigmoid": [{}],
    "sparsemax": [{}, {"axis": 0}],
    "squareplus": [{}, {"b": 1.0}],
    "swish": [{}],
    "tanh": [{}],
    "tanh_shrink": [{}],
    "threshold": [{"threshold": 0.3, "default_value": -1.0}],
}
REGULARIZERS: dict[str, list[dict[str, Any]]] = {
    "L1": [{}, {"l1": 0.3}],
    "L2": [{}, {"l2": 0.3}],
    "L1L2": [{}, {"l1": 0.3, "l2": 0.2}],
    "OrthogonalRegularizer": [{}, {"factor": 0.2, "mode": "columns"}],
}
CONSTRAINTS: dict[str, list[dict[str, Any]]] = {
    "MaxNorm": [{}, {"max_value": 0.7, "axis": 1}, {"axis": [0, 1]}],
    "MinMaxNorm": [{}, {"min_value": 0.5, "max_value": 1.5, "rate": 0.4, "axis": 1}],
    "NonNeg": [{}],
    "UnitNorm": [{}, {"axis": 1}],
}
_SCALED = [{"seed": 3}, {"seed": 4}]
INITIALIZERS: dict[str, list[dict[str, Any]]] = {
    "Zeros": [{}],
    "Ones": [{}],
    "Constant": [{}, {"value": 1.5}],
    "Identity": [{}, {"gain": 0.5}],
    "STFT": [{}, {"side": "imag", "window": "hamming", "scaling": "density", "periodic": True}],
    "RandomNormal": [{"seed": 3}, {"mean": 1.0, "stddev": 2.0, "seed": 3}],
    "RandomUniform": [{"seed": 3}, {"minval": 1.0, "maxval": 2.0, "seed": 3}],
    "TruncatedNormal": [{"seed": 3}, {"mean": 1.0, "stddev": 2.0, "seed": 3}],
    "Orthogonal": [{"seed": 3}, {"gain": 0.5, "seed": 3}],
    "VarianceScaling": [
        {"seed": 3},
        {"scale": 2.0, "mode": "fan_out", "distribution": "uniform", "seed": 3},
        {"mode": "fan_avg", "distribution": "untruncated_normal", "seed": 3},
    ],
    "GlorotNormal": _SCALED,
    "GlorotUniform": _SCALED,
    "HeNormal": _SCALED,
    "HeUniform": _SCALED,
    "LecunNormal": _SCALED,
    "LecunUniform": _SCALED,
}
_DECAY = {"initial_learning_rate": 0.5, "decay_steps": 4}
SCHEDULES: dict[str, list[dict[str, Any]]] = {
    "CosineDecay": [_DECAY, {**_DECAY, "alpha": 0.1, "warmup_target": 0.8, "warmup_steps": 2}],
    "CosineDecayRestarts": [
        {"initial_learning_rate": 0.5, "first_decay_steps": 3},
        {"initial_learning_rate": 0.5, "first_decay_steps": 2, "t_mul": 1.5, "m_mul": 0.5},
    ],
    "ExponentialDecay": [
        {**_DECAY, "decay_rate": 0.5},
        {**_DECAY, "decay_rate": 0.5, "staircase": True},
    ],
    "InverseTimeDecay": [
        {**_DECAY, "decay_rate": 0.5},
        {**_DECAY, "decay_rate": 0.5, "staircase": True},
    ],
    "PolynomialDecay": [_DECAY, {**_DECAY, "power": 2.0, "cycle": True}],
    "PiecewiseConstantDecay": [{"boundaries": [2, 5], "values": [0.5, 0.2, 0.1]}],
}
_SHARED = [
    {},
    {"learning_rate": 0.1, "clipnorm": 0.7, "weight_decay": 0.05},
    {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 2},
    {"learning_rate": 0.1, "gradient_accumulation_steps": 2, "global_clipnorm": 1.5},
]
OPTIMIZERS: dict[str, list[Any]] = {
    "SGD": [*_SHARED, {"momentum": 0.9, "nesterov": True}],
    "RMSprop": [*_SHARED, {"momentum": 0.5, "centered": True}],
    "Adam": [*_SHARED, {"amsgrad": True}],
    "AdamW": [*_SHARED, {"amsgrad": True}],
    "Adamax": _SHARED,
    "Nadam": _SHARED,
    "Adagrad": [*_SHARED, {"initial_accumulator_value": 0.5}],
    "Adadelta": [*_SHARED, {"rho": 0.8}],
    "Adafactor": [*_SHARED, {"relative_step": False}],
    "Ftrl": [*_SHARED, {"l1_regularization_strength": 0.1, "beta": 0.1}],
    "Lamb": _SHARED,
    "Lion": _SHARED,
    "Muon": [*_SHARED, {"nesterov": False, "ns_steps": 3}],
    "ScheduleFreeAdamW": [*_SHARED[:2], {"warmup_steps": 2}],
    "LossScaleOptimizer": [
        lambda: optimizers.LossScaleOptimizer(optimizers.Adam(0.1), initial_scale=8.0),
        lambda: optimizers.LossScaleOptimizer(optimizers.SGD(0.1), dynamic_growth_steps=1),
    ],
}
# Their parts are chosen by functions, or by the variables of one run: there is nothing to write.
# A list of callbacks remembers nothing itself.
OF_ONE_RUN = {"MultiOptimizer", "OptimizerMap", "CallbackList"}
CALLBACKS: dict[str, list[dict[str, Any]]] = {
    "BackupAndRestore": [{"backup_dir": "states"}, {"backup_dir": "states", "save_freq": 3}],
    "CSVLogger": [{"filename": "log.csv"}, {"filename": "log.csv", "separator": ";"}],
    "Callback": [{}],
    "Checkpoints": [{"folder": "states"}],
    "EarlyStopping": [{}, {"monitor": "loss", "patience": 3, "restore_best_weights": True}],
    "History": [{}],
    "LambdaCallback": [{}, {"on_epoch_end": print}],
    "LearningRateScheduler": [{"schedule": lambda epoch, rate: rate * 0.5}],
    "ModelCheckpoint": [{"filepath": "{epoch}.keras"}, {"filepath": "a.keras", "save_freq": 5}],
    "OrbaxCheckpoint": [{"directory": "states"}],
    "ProgbarLogger": [{}],
    "ReduceLROnPlateau": [{}, {"monitor": "loss", "factor": 0.5, "patience": 2}],
    "RemoteMonitor": [{}, {"root": "http://localhost:1", "send_as_json": True}],
    "SwapEMAWeights": [{}, {"swap_on_epoch": True}],
    "TensorBoard": [{"log_dir": "logs"}, {"log_dir": "logs", "update_freq": 3}],
    "TerminateOnNaN": [{}],
}
TABLES: dict[str, tuple[ModuleType, type, dict[str, list[Any]]]] = {
    "regularizers": (kerasette.regularizers, kerasette.regularizers.Regularizer, REGULARIZERS),
    "constraints": (kerasette.constraints, kerasette.constraints.Constraint, CONSTRAINTS),
    "initializers": (kerasette.initializers, kerasette.initializers.Initializer, INITIALIZERS),
    "schedules": (schedules, schedules.LearningRateSchedule, SCHEDULES),
    "optimizers": (optimizers, optimizers.Optimizer, OPTIMIZERS),
    "callbacks": (callbacks, object, CALLBACKS),
}


def classes(space: str) -> set[str]:
    """The public classes of a module, by their own names, without the base."""
    module, base, _ = TABLES[space]
    found = {getattr(module, name) for name in dir(module) if not name.startswith("_")}
    own = {
        cls
        for cls in found
        if inspect.isclass(cls) and issubclass(cls, base) and cls.__module__.startswith("kerasette")
    }
    return {cls.__name__ for cls in own if cls is not base}


def functions() -> set[str]:
    """The public activations."""
    module = kerasette.activations
    return set(kerasette.registry.table("activation")) & set(dir(module))


def rows(space: str) -> list[tuple[str, Any]]:
    """Every class with each of its samples."""
    return [(name, sample) for name, group in TABLES[space][2].items() for sample in group]


def made(space: str, name: str, sample: Any) -> Any:
    """The object of a sample, new."""
    return sample() if callable(sample) else getattr(TABLES[space][0], name)(**sample)
