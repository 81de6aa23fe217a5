"""Every primitive against a reference: value, shape rule, gradients of two orders, trace, 16 bits.

The samples stand in ``tests/ops/samples``.
"""

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kerasette
from kerasette import ops
from kerasette.arrays import dtypes
from kerasette.core.primitive import Primitive, find, primitives
from kerasette.core.spec import Spec
from tests.ops.samples import EXEMPT, Sample, all_samples

for _module in pkgutil.iter_modules(ops.__path__):
    importlib.import_module(f"kerasette.ops.{_module.name}")

SAMPLES = all_samples()
_STEP = 1e-5


def _names() -> list[str]:
    counts: dict[str, int] = {}
    names = []
    for sample in SAMPLES:
        counts[sample.primitive] = counts.get(sample.primitive, -1) + 1
        names.append(f"{sample.primitive}-{counts[sample.primitive]}")
    return names


each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=_names())


def _tensors(sample: Sample, dtype: str | None = None) -> list[Any]:
    """The operands; real floats in ``dtype`` where it is given."""
    cast = dtype is not None
    return [
        kerasette.constant(x, dtype if cast and x.dtype == np.float64 else None)
        for x in sample.operands
    ]


def _tuple(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _call(sample: Sample) -> Callable[..., Any]:
    op = find(sample.primitive)
    return lambda *operands: op(*operands, **sample.attributes)


def _numpy(value: Any) -> list[np.ndarray]:
    return [np.asarray(part) for part in _tuple(value)]


# --- what there is --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(primitives()))
def test_every_primitive_has_a_sample(name: str) -> None:
    """A primitive that nobody samples is untested; a reason for one that has samples is stale."""
    sampled = any(sample.primitive == name for sample in SAMPLES)
    assert sampled or name in EXEMPT, f"give {name} a sample in tests/ops/samples"
    assert not (sampled and name in EXEMPT)


def test_no_sample_without_a_primitive() -> None:
    """Names in tables and exemptions are those of primitives."""
    assert {sample.primitive for sample in SAMPLES} | set(EXEMPT) <= set(primitives())


def _floats(sample: Sample) -> list[int]:
    return [index for index, x in enumerate(sample.operands) if dtypes.differentiable(x.dtype.name)]


def _moving(sample: Sample) -> list[int]:
    """The operands that gradients flow to."""
    op = find(sample.primitive)
    return [] if op.blocked else [i for i in _floats(sample) if i not in sample.Fixed]


@each_sample
def test_gradients_are_declared(sample: Sample) -> None:
    """Each float operand has a gradient rule, or the primitive says that it has none."""
    op: Primitive = find(sample.primitive)
    assert op.__doc__, "a primitive says in a docstring what it computes"
    if op.blocked:
        assert not op.vjps and op.joint is None
        return
    for index in _floats(sample):
        if index not in sample.Fixed:
            assert op.has_gradient(index), f"operand {index} of {op.name} has no gradient rule"


# --- values and shapes ----------------------------------------------------------------------------


@each_sample
def test_value(sample: Sample) -> None:
    """The value is the reference's."""
    found = _numpy(_call(sample)(*_tensors(sample)))
    expected = _tuple(sample.reference(*sample.operands, **sample.attributes))
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one.shape == np.shape(other)
        np.testing.assert_allclose(one, other, rtol=sample.Rtol, atol=sample.Atol)


def _specs(value: Any) -> list[Spec]:
    return [Spec(tuple(part.shape), part.dtype) for part in _tuple(value)]


@each_sample
def test_rule(sample: Sample) -> None:
    """Shapes and dtypes that are inferred are those that come out."""
    call, tensors = _call(sample), _tensors(sample)
    out = _specs(call(*tensors))
    symbols = [kerasette.KerasTensor(x.shape, x.dtype) for x in tensors]
    if symbols:
        assert _specs(call(*symbols)) == out
    for index in sample.Unknown:
        symbols[index] = kerasette.KerasTensor(
            (None, *tensors[index].shape[1:]), tensors[index].dtype
        )
    if not sample.Unknown:
        return
    inferred = _specs((sample.Public or call)(*symbols))
    assert any(None in spec.shape for spec in inferred)
    for found, real in zip(inferred, out, strict=True):
        assert found.dtype == real.dtype
        assert len(found.shape) == len(real.shape)
        assert all(a in (None, b) for a, b in zip(found.shape, real.shape, strict=True))


@each_sample
def test_traced_equals_eager(sample: Sample) -> None:
    """A graph gives the same within rounding, and so does the graph of the gradient."""
    call, tensors = _call(sample), _tensors(sample)
    traced = kerasette.function(call)
    _assert_equal(traced(*tensors), call(*tensors))
    moving = _moving(sample)
    if moving and sample.Order:  # of order 0: where rounding decides upon the gradient
        gradient = _gradient(sample, moving)
        pulled = [tensors[i] for i in moving]
        _assert_equal(kerasette.function(gradient)(*pulled), gradient(*pulled))


def _assert_equal(found: Any, expected: Any) -> None:
    for one, other in zip(_numpy(found), _numpy(expected), strict=True):
        assert one.dtype == other.dtype
        if one.dtype.kind in "fc":
            tolerance = 1e-5 if one.dtype.itemsize < 8 else 1e-11
            np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)
        else:
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@each_sample
def test_narrow_floats(sample: Sample, dtype: str) -> None:
    """Narrow floats give the dtype that the rule says, and the value of float64, rounded."""
    if not sample.Half or not any(x.dtype == np.float64 for x in sample.operands):
        return
    call, narrow = _call(sample), _tensors(sample, dtype)
    found = call(*narrow)
    specs = find(sample.primitive).spec(*_specs(narrow), **sample.attributes)
    assert _specs(found) == [specs] if isinstance(specs, Spec) else list(specs)
    wide = [ops.cast(x, "float64") if x.dtype == dtype else x for x in narrow]
    accuracy = {"float16": 4e-3, "bfloat16": 3e-2, "float32": 1e-4}[dtype]
    for one, other in zip(_tuple(found), _tuple(call(*wide)), strict=True):
        if dtypes.differentiable(one.dtype):
            shown = np.asarray(ops.cast(one, other.dtype))
            np.testing.assert_allclose(shown, np.asarray(other), rtol=accuracy, atol=accuracy)


# --- gradients ------------------------------------------------------------------------------------


def _direction(value: Any, seed: int) -> np.ndarray:
    random = np.random.RandomState(seed)
    drawn = np.asarray(random.uniform(0.5, 1.5, value.shape) * random.choice([-1, 1], value.shape))
    if value.dtype.name.startswith("complex"):
        drawn = drawn + 1j * random.standard_normal(value.shape)
    return np.asarray(drawn)


def _gradient(sample: Sample, moving: list[int]) -> Callable[..., list[Any]]:
    """The gradient of a fixed random projection of the results, for the moving operands."""
    call, tensors = _call(sample), _tensors(sample)

    def gradient(*values: Any) -> list[Any]:
        operands = list(tensors)
        for index, value in zip(moving, values, strict=True):
            operands[index] = value
        with kerasette.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(list(values))
            out = [part for part in _tuple(call(*operands)) if dtypes.differentiable(part.dtype)]
        weights = [
            kerasette.constant(_direction(np.empty(p.shape, str(p.dtype)), 7 + i))
            for i, p in enumerate(out)
        ]
        return tape.gradient(out, list(values), weights, unconnected_gradients="zero")

    return gradient


def _projected(sample: Sample, moving: list[int], operands: list[np.ndarray]) -> float:
    """The projection that ``_gradient`` differentiates, as a number."""
    given = list(sample.operands)
    for index, operand in zip(moving, operands, strict=True):
        given[index] = np.asarray(operand)
    out = _call(sample)(*(kerasette.constant(x) for x in given))
    parts = [part for part in _numpy(out) if dtypes.differentiable(part.dtype.name)]
    return float(sum(np.sum(p * _direction(p, 7 + i)).real for i, p in enumerate(parts)))


def _inner(first: Any, second: np.ndarray) -> float:
    return float(np.sum(np.asarray(first) * second).real)


def _compare(found: float, difference: float, sample: Sample, what: str) -> None:
    scale = max(1.0, abs(difference))
    assert abs(found - difference) <= sample.Slack * scale, (
        f"{what} of {sample.primitive}: {found} by rule, {difference} by differences"
    )


@each_sample
def test_gradient(sample: Sample) -> None:
    """Gradients are what central differences give, operand by operand, in three directions."""
    moving = _moving(sample)
    if not moving or sample.Order < 1:
        return
    values = [sample.operands[i] for i in moving]
    gradients = _gradient(sample, moving)(*(kerasette.constant(x) for x in values))
    for place, (index, value) in enumerate(zip(moving, values, strict=True)):
        assert tuple(gradients[place].shape) == value.shape
        assert gradients[place].dtype == value.dtype.name
        for seed in range(3):
            along = _direction(value, seed)
            ends = []
            for sign in (1, -1):
                moved = list(values)
                moved[place] = value + sign * _STEP * along
                ends.append(_projected(sample, moving, moved))
            difference = (ends[0] - ends[1]) / (2 * _STEP)
            found = _inner(gradients[place], along)
            _compare(found, difference, sample, f"gradient for operand {index}")


@each_sample
def test_second_gradient(sample: Sample) -> None:
    """Gradients of gradients are what central differences of gradients give."""
    moving = _moving(sample)
    if not moving or sample.Order < 2:
        return
    values = [sample.operands[i] for i in moving]
    gradient = _gradient(sample, moving)
    weights = [_direction(value, 100 + i) for i, value in enumerate(values)]
    tensors = [kerasette.constant(value) for value in values]
    with kerasette.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(tensors)
        first = gradient(*tensors)
    starts = [kerasette.constant(weight) for weight in weights]
    second = tape.gradient(first, tensors, starts, unconnected_gradients="zero")
    along = [_direction(value, 200 + i) for i, value in enumerate(values)]
    ends = []
    for sign in (1, -1):
        moved = [np.asarray(v + sign * _STEP * a) for v, a in zip(values, along, strict=True)]
        pulled = gradient(*(kerasette.constant(m) for m in moved))
        ends.append(sum(_inner(p, w) for p, w in zip(pulled, weights, strict=True)))
    difference = (ends[0] - ends[1]) / (2 * _STEP)
    found = sum(_inner(s, a) for s, a in zip(second, along, strict=True))
    _compare(found, difference, sample, "second gradient")
