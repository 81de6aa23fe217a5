"""A primitive: one differentiable operation, whole, in one place.

    @primitive(same_float)                              # shape and dtype rule: a shared kind
    def tanh(xp, x):                                    # reference code for both devices
        return xp.tanh(x)

    tanh.defvjp(x=lambda g, out: g * (1 - out * out))   # keeps `out`, not `x`

Positional parameters are values; keyword-only parameters are attributes: static and hashable. A
gradient rule is a formula in operations, so that gradients of any order work; its parameter names
say what the tape has to keep: ``g``, ``out``, operands and attributes by name.
"""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from kerasette.arrays import device as devices
from kerasette.arrays import dtypes, settings
from kerasette.arrays.memory import at_work
from kerasette.core import kernels
from kerasette.core.interpret import entering_values, interpret
from kerasette.core.rules import AS_IS, Rule
from kerasette.core.spec import Spec
from kerasette.core.state import state
from kerasette.core.tensor import Tensor

_MEMO_LIMIT = 4096  # shapes that one operation remembers its bound kernels for

_primitives: dict[str, "Primitive"] = {}


class Primitive:
    """An operation with a rule, reference code and gradients. Called like a function."""

    def __init__(self, reference: Callable[..., Any], rule: Rule, native: bool, name: str | None):
        self.name = self.__name__ = name or reference.__name__
        self.__qualname__ = self.__name__
        self.__doc__ = reference.__doc__
        self.__module__ = reference.__module__
        self.reference = reference
        self.rule = rule
        self.native = native
        parameters = list(inspect.signature(reference).parameters.values())[1:]
        self.operands = [
            p.name
            for p in parameters
            if p.kind in (p.POSITIONAL_OR_KEYWORD, p.VAR_POSITIONAL, p.POSITIONAL_ONLY)
        ]
        self.variadic = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        self.__signature__ = inspect.Signature(parameters)
        self.vjps: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {}
        self.joint: tuple[Callable[..., Any], tuple[str, ...]] | None = None
        self.blocked = False  # declared to have no gradient
        self._bound: dict[Any, Callable[..., Any]] = {}
        self._named = {p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD}

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> "Primitive":
        return self

    def __reduce__(self) -> Any:
        return (find, (self.name,))

    def __call__(self, *inputs: Any, **attributes: Any) -> Any:
        if inputs and not state.busy:
            # The fast path: plain tensors and numbers on the CPU, bound before for these shapes.
            key: list[Any] = list(attributes.items()) if attributes else []
            arrays = []
            numbers = False
            for value in inputs:
                kind = type(value)
                if kind is not Tensor:
                    if kind is int or (kind is float and value):  # 0.0 equals -0.0: not a key
                        numbers = True
                        key.append(kind)
                        key.append(value)
                        continue
                    break
                array = value._array
                if type(array) is not np.ndarray:
                    break
                arrays.append(array)
                key.append(array.shape)
                key.append(array.dtype)
            else:
                try:
                    run = self._bound.get(tuple(key))
                except TypeError:  # an attribute that cannot be hashed: the slow path says which
                    run = None
                if run is not None:
                    out = run(*arrays)
                    if type(out) is np.ndarray:
                        return Tensor(out)
                    return wrap(out, np)
                if numbers and arrays:
                    return self._bind_numbers(tuple(key), inputs, attributes)
        if self._named and not self._named.isdisjoint(attributes):
            inputs += tuple(attributes.pop(n) for n in self.operands if n in attributes)
        return interpret(self, inputs, attributes)

    def _bind_numbers(
        self, key: tuple[Any, ...], inputs: tuple[Any, ...], attributes: dict[str, Any]
    ) -> Any:
        """Compute, and remember the call with its numbers in their places, where the tensors enter
        as they are.
        """
        out = interpret(self, inputs, attributes)
        operands = entering_values(self, inputs)
        if all(b is a for a, b in zip(inputs, operands, strict=True) if type(a) is Tensor):
            whole = [value._array for value in operands]
            places = [i for i, value in enumerate(inputs) if type(value) is Tensor]
            specs = tuple(Spec(a.shape, dtypes.name_of(a.dtype)) for a in whole)
            bound = kernels.bind(self, specs, attributes, "cpu:0")

            def run(*arrays: Any) -> Any:
                given = whole.copy()
                for place, array in zip(places, arrays, strict=True):
                    given[place] = array
                return bound(*given)

            if len(whole) == 2:  # x * 2.0, 1.0 - x: most of all
                number = whole[1 - places[0]]
                second = places[0] == 0
                self._remember(
                    key, (lambda a: bound(a, number)) if second else (lambda a: bound(number, a))
                )
            else:
                self._remember(key, run)
        return out

    def _remember(self, key: tuple[Any, ...], run: Callable[..., Any]) -> None:
        if len(self._bound) >= _MEMO_LIMIT:
            self._bound.clear()
        self._bound[key] = run

    def run(self, arrays: list[Any], attributes: dict[str, Any]) -> Any:
        """Compute on arrays, by the kernel bound for their shapes; results as tensors."""
        key: list[Any] = list(attributes.items())
        for array in arrays:
            key.append(array.shape)
            key.append(array.dtype)
        device = devices.home_of(self.name, arrays)
        if device != "cpu:0":
            key.append(device)
        memo = tuple(key)
        try:
            run = self._bound.get(memo)
        except TypeError:
            raise TypeError(
                f"{self.name}: attributes must be hashable. Received: {attributes}."
            ) from None
        if run is None:
            specs = tuple(Spec(a.shape, dtypes.name_of(a.dtype)) for a in arrays)
            self.spec(*specs, **attributes)  # refuses what does not fit, in words
            run = kernels.bind(self, specs, attributes, device)
            self._remember(memo, run)
        if device == "cpu:0":
            return wrap(run(*arrays), np)
        with at_work(device):
            return wrap(run(*arrays), devices.module(device))

    def spec(self, *specs: Spec, **attributes: Any) -> Any:
        """What comes out for operands of these specs: a Spec, or a tuple of them.

        Raises: ValueError, beginning with the operation's name, for operands that do not fit.
        """
        try:
            return self.rule.spec(*specs, **attributes)
        except ValueError as error:
            raise ValueError(f"{self.name}: {error}") from None

    def defvjp(self, **rules: Callable[..., Any] | None) -> None:
        """Give the gradient rule of operands, by name; ``None`` for one that has none.

        For an operation over any number of operands, give the rule under the name of its starred
        parameter; it takes ``index`` (which operand) and may take ``inputs``.
        """
        for name, rule in rules.items():
            if name not in self.operands:
                raise ValueError(f"{self.name} has no operand {name!r}: {self.operands}.")
            if rule is not None:
                self.vjps[name] = (rule, tuple(inspect.signature(rule).parameters))

    def defvjp_joint(self, rule: Callable[..., Any]) -> None:
        """Give one rule that returns the gradients of all operands, as a tuple (``None`` allowed).

        ``inputs`` asks for all operands, ``out`` and ``g`` are tuples where the operation has
        several results; ``needed`` asks which operands want a gradient (a tuple of bools).
        """
        self.joint = (rule, tuple(inspect.signature(rule).parameters))

    def nograd(self) -> "Primitive":
        """Declare that this operation has no gradient (its derivative is 0 or undefined)."""
        self.blocked = True
        return self

    def has_gradient(self, index: int) -> bool:
        """Whether a gradient flows to the operand at ``index``."""
        if self.joint is not None:
            return True
        return self.operands[0 if self.variadic else index] in self.vjps


def wrap(out: Any, xp: Any) -> Any:
    """Arrays made tensors; numpy's scalars, which reductions return, made arrays first."""
    if isinstance(out, tuple):
        return tuple(wrap(part, xp) for part in out)
    return Tensor(out if isinstance(out, xp.ndarray) else xp.asarray(out))


def primitive(
    rule: Rule | Callable[..., Any],
    operands: str = AS_IS,
    native: bool = False,
    name: str | None = None,
) -> Callable[[Callable[..., Any]], Primitive]:
    """Make reference code a primitive.

    Args:
        rule: a shared ``Rule``, or a function of specs and attributes that returns the result's.
        operands: with a function, how operands enter: ``AS_IS``, ``TOGETHER`` or ``FLOATING``.
        native: the reference code treats 16-bit floats itself (it only moves data, say); else it
            is run in float32 for them.
        name: where the reference's own name must differ (it would hide a builtin).
    """
    rule = rule if isinstance(rule, Rule) else Rule(rule, operands)

    def make(reference: Callable[..., Any]) -> Primitive:
        made = Primitive(reference, rule, native, name)
        if made.name in _primitives:
            raise ValueError(f"There is a primitive named {made.name!r} already.")
        _primitives[made.name] = made
        return made

    return make


def _forget() -> None:
    for made in _primitives.values():
        made._bound.clear()


settings.when_floatx_changes.append(_forget)


def find(name: str) -> Primitive:
    """A primitive by name."""
    return _primitives[name]


def primitives() -> dict[str, Primitive]:
    """All primitives, by name."""
    return dict(_primitives)
