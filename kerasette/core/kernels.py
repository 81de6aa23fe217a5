"""The table of kernels: who computes an operation, on which device, for which shapes.

A kernel library registers from outside:

    @kernel("conv", "cpu", when=lambda specs, attributes: len(specs[0].shape) == 4)
    def conv(specs, attributes):
        ...                      # build the descriptor once
        return run               # run(*arrays) -> array (or a tuple of arrays); None: not this one

``bind`` picks the first kernel that accepts, else the operation's own reference code.
"""

import functools
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from kerasette.arrays import device as devices
from kerasette.arrays import dtypes
from kerasette.core.spec import Spec

Run = Callable[..., Any]
Predicate = Callable[[tuple[Spec, ...], dict[str, Any]], bool]

_kernels: dict[tuple[str, str], list[tuple[Predicate, Callable[..., Run]]]] = {}
_libraries: dict[tuple[str, str], list[str]] = {}
_homes = {"cpu": "kerasette.kernels.cpu", "gpu": "kerasette.kernels.gpu"}  # they name libraries


def kernel(op: str, device: str, when: Predicate = lambda specs, attributes: True) -> Any:
    """Register a factory of kernels for the operation named ``op`` on a kind of device.

    ``device`` is "cpu" or "gpu"; "cpu plan" registers for plans only, where one call more or less
    of native code counts, and not for eager code, where numpy's own is as fast.
    """

    def add(factory: Callable[..., Run]) -> Callable[..., Run]:
        _kernels.setdefault((op, device), []).insert(0, (when, factory))
        return factory

    return add


def library(device: str, module: str, ops: tuple[str, ...]) -> None:
    """Have ``module``, which registers kernels for ``ops``, loaded when one of them is first bound
    on that kind of device. A module that lacks what it needs registers nothing.
    """
    for op in ops:
        _libraries.setdefault((op, device), []).append(module)


def offered(op: str, device: str) -> bool:
    """Whether there are kernels of the operation named ``op`` for plans on a device: a pass that
    would put it in the place of others asks first.
    """
    kind = device[:3]
    _open(kind)
    return any(
        (op, name) in _libraries or (op, name) in _kernels for name in (kind, f"{kind} plan")
    )


def taken(op: str, specs: tuple[Spec, ...], attributes: dict[str, Any], device: str) -> bool:
    """Whether a kernel of the operation named ``op`` accepts such operands on a device: what is
    several operations else asks first.
    """
    kind = device[:3]
    return any(when(specs, attributes) for when, _ in _candidates(op, kind))


def _open(kind: str) -> None:
    if kind in _homes:
        importlib.import_module(_homes.pop(kind))


def _candidates(op: str, kind: str) -> Any:
    _open(kind[:3])
    for module in _libraries.pop((op, kind), ()):
        importlib.import_module(module)
    return _kernels.get((op, kind), ())


def bind(
    op: Any,
    specs: tuple[Spec, ...],
    attributes: dict[str, Any],
    device: str,
    in_plan: bool = False,
) -> Run:
    """What computes ``op`` for these specs: ``run(*arrays)``."""
    kind = device[:3]
    for name in (f"{kind} plan", kind) if in_plan else (kind,):
        for when, factory in _candidates(op.name, name):
            if when(specs, attributes):
                run = factory(specs, attributes)
                if run is not None:
                    return run  # type: ignore[no-any-return]
    lacking = devices.lacking(device)
    if lacking and not lacking.isdisjoint(_dtypes(op, specs, attributes)):
        return _on_host(bind(op, specs, attributes, "cpu:0"), device)
    run = functools.partial(op.reference, devices.module(device), **attributes)
    if op.native or not any(spec.dtype in dtypes.HALF for spec in specs):
        return run
    return _in_float32(run, op.spec(*specs, **attributes))


def _dtypes(op: Any, specs: tuple[Spec, ...], attributes: dict[str, Any]) -> list[str]:
    """The dtypes of what goes in and of what comes out."""
    out = op.spec(*specs, **attributes)
    return [spec.dtype for spec in (*specs, *((out,) if isinstance(out, Spec) else out))]


def _on_host(run: Run, device: str) -> Run:
    """A kernel of the CPU for arrays of another device, which are copied there and back."""

    def copied(*arrays: Any) -> Any:
        out = run(*(devices.to_numpy(array) for array in arrays))
        if isinstance(out, tuple):
            return tuple(devices.moved(np.asarray(part), device) for part in out)
        return devices.moved(np.asarray(out), device)

    return copied


def _in_float32(run: Run, out: Any) -> Run:
    """Reference code for 16-bit floats: computed in float32, rounded once at the end."""
    specs = (out,) if isinstance(out, Spec) else tuple(out)
    targets = [dtypes.numpy_dtype(spec.dtype) for spec in specs]

    def widened(*arrays: Any) -> Any:
        wide = [
            array.astype("float32") if dtypes.name_of(array.dtype) in dtypes.HALF else array
            for array in arrays
        ]
        found = run(*wide)
        if isinstance(out, Spec):
            return found.astype(targets[0])
        return tuple(f.astype(target) for f, target in zip(found, targets, strict=True))

    return widened
