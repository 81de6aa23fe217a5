"""Samples of every primitive: what ``tests/ops/test_primitives.py`` checks them with.

A table is a file of this folder for a family of operations. It has a list ``SAMPLES``:

    from tests.ops.samples import Sample, elementwise, normal

    SAMPLES = [
        elementwise("tanh", normal(3, 4), reference=np.tanh),
        Sample("sum", normal(2, 3), axis=(1,), keepdims=False, reference=np.sum),
    ]

``Sample(primitive's name, *operands, reference=function, **attributes)``: operands are numpy
arrays, of float64 wherever gradients exist (all checks of gradients are in float64), away from
kinks and poles; ``reference(*operands, **attributes)`` gives the expected value, or a tuple of
them, by numpy or scipy. Options begin with a capital letter, so that no attribute collides:

    Rtol, Atol   tolerances of the value; 1e-12 each.
    Fixed        indices of float operands that have no gradient rule (bounds, tables).
    Order        2 by default: up to which order gradients are compared with central differences;
                 0 for none (at kinks), 1 where the second derivative is not defined.
    Slack        tolerance of gradients, 1e-6; more where the function is badly conditioned.
    Unknown      indices of the operands whose first size may be unknown (``None``): the result's
                 shape is then inferred through KerasTensors. ``elementwise`` says all.
    Public       the function called for that, where the primitive's attributes depend on shapes:
                 ``Public=lambda x: ops.sum(x, axis=1)``. By default the primitive itself.
    Half         whether float16 and bfloat16 are tried as well; True.

Every primitive needs a sample, or a reason in ``EXEMPT`` (with the place of its tests).
"""

import dataclasses
import importlib
import pkgutil
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

EXEMPT = {
    "scan": "it carries a graph; tests/ops/test_control.py",
    "cond": "it carries graphs; tests/ops/test_control.py",
    "while_loop": "it carries graphs; tests/ops/test_control.py",
}


@dataclasses.dataclass(frozen=True, eq=False)
class Sample:
    """One call of a primitive. See this module's docstring."""

    primitive: str
    operands: tuple[np.ndarray, ...]
    reference: Callable[..., Any]
    attributes: dict[str, Any]
    options: dict[str, Any]

    def __init__(
        self, primitive: str, *operands: Any, reference: Callable[..., Any], **keywords: Any
    ):
        options = {name: keywords.pop(name) for name in list(keywords) if name[0].isupper()}
        assert options.keys() <= _DEFAULTS.keys(), f"unknown options: {options}"
        for name, value in (
            ("primitive", primitive),
            ("operands", tuple(np.asarray(operand) for operand in operands)),
            ("reference", reference),
            ("attributes", keywords),
            ("options", {**_DEFAULTS, **options}),
        ):
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["options"][name]
        except KeyError:
            raise AttributeError(name) from None


_DEFAULTS = {
    "Rtol": 1e-12,
    "Atol": 1e-12,
    "Fixed": (),
    "Order": 2,
    "Slack": 1e-6,
    "Unknown": (),
    "Public": None,
    "Half": True,
}


def elementwise(primitive: str, *operands: Any, **keywords: Any) -> Sample:
    """A sample of an operation that any first size goes through."""
    operands = tuple(np.asarray(operand) for operand in operands)
    rank = max(operand.ndim for operand in operands)
    batched = (i for i, x in enumerate(operands) if x.ndim == rank > 0 and x.shape[0] > 1)
    keywords.setdefault("Unknown", tuple(batched))
    return Sample(primitive, *operands, **keywords)


def _random(kind: str, shape: tuple[int, ...], seed: int) -> np.random.RandomState:
    return np.random.RandomState(zlib.crc32(f"{kind}{shape}{seed}".encode()))


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    """Normal numbers, float64."""
    return np.asarray(_random("normal", shape, seed).standard_normal(shape))


def between(low: float, high: float, *shape: int, seed: int = 0) -> np.ndarray:
    """Uniform numbers within bounds, float64."""
    return low + (high - low) * np.asarray(_random("between", shape, seed).random_sample(shape))


def distinct(*shape: int, seed: int = 0) -> np.ndarray:
    """Numbers of which no two are near each other, none near 0: no ties, no kinks."""
    count = int(np.prod(shape))
    order = _random("distinct", shape, seed).permutation(count)
    return ((order - count / 2) * 0.25 + 0.1).reshape(shape)


def whole(low: int, high: int, *shape: int, seed: int = 0, dtype: str = "int32") -> np.ndarray:
    """Whole numbers from ``low`` up to ``high - 1``."""
    return np.asarray(_random("whole", shape, seed).randint(low, high, shape)).astype(dtype)


def flags(*shape: int, seed: int = 0) -> np.ndarray:
    """Truth values."""
    return np.asarray(_random("flags", shape, seed).random_sample(shape) < 0.5)


def complexes(*shape: int, seed: int = 0) -> np.ndarray:
    """Complex normal numbers, complex128."""
    return normal(*shape, seed=seed) + 1j * normal(*shape, seed=seed + 1)


def all_samples() -> list[Sample]:
    """The samples of all tables."""
    tables = [
        importlib.import_module(f"{__name__}.{info.name}")
        for info in pkgutil.iter_modules(__path__)
    ]
    return [sample for table in tables for sample in table.SAMPLES]
