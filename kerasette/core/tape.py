"""``GradientTape``: records what operations do, and walks back over the record for gradients."""

from collections.abc import Callable
from typing import Any

import numpy as np

from kerasette import tree
from kerasette.arrays import dtypes
from kerasette.core import operators
from kerasette.core.interpret import value_of
from kerasette.core.spec import Spec
from kerasette.core.state import state
from kerasette.core.tensor import Tensor, TensorBase, Traced


class _Key:
    """The identity of a value on tapes."""

    __slots__ = ()


def _key(value: Any) -> _Key:
    if value._key is None:
        value._key = _Key()
    return value._key


class _Record:
    """One operation as the tape remembers it: how gradients pass back through it."""

    __slots__ = ("inputs", "outputs", "pullback", "specs")

    def __init__(
        self,
        inputs: list[_Key | None],
        outputs: list[_Key],
        specs: list[Spec],
        pullback: Callable[[list[Any]], list[Any]],
    ):
        self.inputs = inputs  # None where no gradient flows to
        self.outputs = outputs
        self.specs = specs  # of the inputs, then of the outputs
        self.pullback = pullback


class GradientTape:
    """Records operations within its ``with`` block, for ``gradient`` to differentiate.

    Trainable variables that are read are watched by themselves; tensors by ``watch``.

    Args:
        persistent: whether ``gradient`` may be called more than once.
        watch_accessed_variables: whether trainable variables are watched when they are read.

    >>> w = kerasette.Variable(3.0)
    >>> with kerasette.GradientTape() as tape:
    ...     loss = w * w
    >>> float(tape.gradient(loss, w))
    6.0
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True):
        self.persistent = persistent
        self._watch_accessed = watch_accessed_variables
        self._records: list[_Record] = []
        self._reached: set[_Key] = set()  # values that depend on something watched
        self._variables: dict[int, tuple[Any, list[_Key]]] = {}
        self._wanted: set[int] = set()
        self._used = False

    def __enter__(self) -> "GradientTape":
        if self in state.tapes:
            raise RuntimeError("This tape is recording already.")
        if self._used and not self.persistent:
            self.reset()
        state.tapes = (*state.tapes, self)
        state.refresh()
        return self

    def __exit__(self, *error: Any) -> None:
        state.tapes = tuple(tape for tape in state.tapes if tape is not self)
        state.refresh()

    def reset(self) -> None:
        """Forget everything recorded."""
        self._records.clear()
        self._reached.clear()
        self._variables.clear()
        self._used = False

    def watch(self, tensor: Any) -> None:
        """Have gradients with regard to these tensors or variables available.

        Raises: TypeError for what is no tensor or variable; ValueError for an integer one.
        """
        for leaf in tree.flatten(tensor):
            if hasattr(leaf, "assign"):
                self._wanted.add(id(leaf))
                self.read(leaf, leaf._read())
                continue
            if not isinstance(leaf, (Tensor, Traced)):
                raise TypeError(f"Only tensors and variables can be watched. Received: {leaf!r}.")
            if not dtypes.differentiable(leaf.dtype):
                raise ValueError(
                    f"Only float tensors have gradients. Received: a tensor of {leaf.dtype}; "
                    'cast it, for example with ops.cast(x, "float32").'
                )
            self._reached.add(_key(leaf))

    def watched_variables(self) -> tuple[Any, ...]:
        """The variables read so far that are watched, in the order of their first reading."""
        return tuple(variable for variable, _ in self._variables.values())

    def read(self, variable: Any, value: Any) -> None:
        """Note that a variable was read as ``value`` (called by Variable)."""
        wanted = id(variable) in self._wanted or (self._watch_accessed and variable.trainable)
        if not wanted or not isinstance(value, (Tensor, Traced)):
            return
        if not dtypes.differentiable(value.dtype):
            return
        _, keys = self._variables.setdefault(id(variable), (variable, []))
        key = _key(value)
        if key not in keys:
            keys.append(key)
        self._reached.add(key)

    def record(self, op: Any, values: list[Any], attributes: dict[str, Any], outputs: Any) -> None:
        """Remember one operation, with what its gradient rules ask for (called by the core)."""
        flows = [
            value._key in self._reached
            and op.has_gradient(index)
            and dtypes.differentiable(value.dtype)
            for index, value in enumerate(values)
        ]
        if not any(flows):
            return
        results = list(outputs) if isinstance(outputs, tuple) else [outputs]
        self._add(
            [value._key if flow else None for value, flow in zip(values, flows, strict=True)],
            results,
            [Spec(v.shape, v.dtype) for v in (*values, *results)],
            _pullback(op, values, attributes, outputs, flows),
        )

    def record_custom(
        self, inputs: list[Any], outputs: list[Any], pullback: Callable[..., Any]
    ) -> None:
        """Remember a function whose gradient the user gives (``custom_gradient``)."""
        keys = [v._key if v._key in self._reached else None for v in inputs]
        if any(key is not None for key in keys):
            specs = [Spec(v.shape, v.dtype) for v in (*inputs, *outputs)]
            self._add(keys, outputs, specs, pullback)

    def _add(
        self,
        inputs: list[_Key | None],
        outputs: list[Any],
        specs: list[Spec],
        pullback: Callable[..., Any],
    ) -> None:
        keys = [_key(value) for value in outputs]
        differentiable = (k for k, v in zip(keys, outputs, strict=True) if _is_float(v))
        self._reached.update(differentiable)
        self._records.append(_Record(inputs, keys, specs, pullback))

    def gradient(
        self,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: str = "none",
    ) -> Any:
        """The gradient of ``target`` (its sum, where it has several values) for each source.

        Args:
            target: a tensor, or a structure of tensors, whose gradients are added up.
            sources: a tensor or variable, or a structure of them; the result has its structure.
            output_gradients: what to start from, in the structure of ``target``; ones by default.
            unconnected_gradients: "none" or "zero": what a source gets that target does not
                depend on.

        Raises: RuntimeError for a second call on a tape that is not persistent; TypeError for an
        integer target.
        """
        if self._used and not self.persistent:
            raise RuntimeError(
                "`gradient` was called on this tape before. Make it with persistent=True to call "
                "it more than once."
            )
        if unconnected_gradients not in ("none", "zero"):
            raise ValueError(
                '`unconnected_gradients` must be "none" or "zero". '
                f"Received: {unconnected_gradients!r}."
            )
        self._used = True
        open_here = self in state.tapes
        if open_here and not self.persistent:  # the walk back is no part of its own record
            self.__exit__()
        try:
            found = self._walk_back(target, output_gradients)
        finally:
            if open_here and not self.persistent:
                self.__enter_again()
        zero = unconnected_gradients == "zero"
        result = tree.map_structure(lambda source: self._of(source, found, zero), sources)
        if not self.persistent:
            self._records.clear()
        return result

    def __enter_again(self) -> None:
        state.tapes = (*state.tapes, self)
        state.refresh()

    def _walk_back(self, target: Any, output_gradients: Any) -> dict[_Key, Any]:
        add, ones = operators.method("add"), operators.method("ones_like")
        gradients: dict[_Key, Any] = {}
        starts = tree.flatten(target)
        given = [None] * len(starts) if output_gradients is None else tree.flatten(output_gradients)
        if len(given) != len(starts):
            raise ValueError(
                f"`output_gradients` needs one entry for each of the {len(starts)} targets. "
                f"Received: {len(given)}."
            )
        for value, start in zip(starts, given, strict=True):
            value = value_of(value)
            if not isinstance(value, (Tensor, Traced)):
                raise TypeError(f"`target` must be a tensor. Received: target={value!r}.")
            if not _is_float(value):
                raise TypeError(f"Only float tensors have gradients. Received: {value.dtype}.")
            if start is None:
                start = ones(value)
            else:
                start = operators.method("convert_to_tensor")(start, value.dtype)
            key = _key(value)
            gradients[key] = start if key not in gradients else add(gradients[key], start)
        for record in reversed(self._records.copy()):
            incoming = [gradients.get(key) for key in record.outputs]
            if all(g is None for g in incoming):
                continue
            outgoing = record.pullback(incoming)
            for source, spec, g in zip(record.inputs, record.specs, outgoing, strict=False):
                if source is not None and g is not None:
                    g = fit(g, spec)
                    known = gradients.get(source)
                    gradients[source] = g if known is None else add(known, g)
        return gradients

    def _of(self, source: Any, found: dict[_Key, Any], zero: bool) -> Any:
        if hasattr(source, "assign"):
            _, keys = self._variables.get(id(source), (source, []))
            value = source._read()
        else:
            keys, value = [source._key], source
        parts = [found[key] for key in keys if key in found]
        if not parts:
            return operators.method("zeros_like")(value) if zero else None
        total = parts[0]
        for part in parts[1:]:
            total = operators.method("add")(total, part)
        return total

    def jacobian(self, target: Any, source: Any) -> Any:
        """The derivative of every value of ``target`` for every value of ``source``.

        Shape: ``target.shape + source.shape``. The tape must be persistent.
        """
        if not self.persistent:
            raise RuntimeError("`jacobian` needs a tape made with persistent=True.")
        ops = operators.method
        size = target.size
        rows = []
        for index in range(size):
            one = np.zeros(target.shape)
            one.flat[index] = 1.0
            start = ops("convert_to_tensor")(one, target.dtype)
            rows.append(self.gradient(target, source, start, unconnected_gradients="zero"))
        return ops("reshape")(ops("stack")(rows), (*target.shape, *rows[0].shape))


def _is_float(value: Any) -> bool:
    return dtypes.differentiable(value.dtype)


def fit(gradient: Any, spec: Spec) -> Any:
    """A gradient summed over what was broadcast, and cast, to the operand's own shape and dtype."""
    shape = tuple(gradient.shape)
    if shape != spec.shape:
        extra = len(shape) - len(spec.shape)
        axes = tuple(range(extra)) + tuple(
            extra + axis
            for axis, size in enumerate(spec.shape)
            if size == 1 and shape[extra + axis] != 1
        )
        if axes:
            gradient = operators.method("sum")(gradient, axis=axes)
        if tuple(gradient.shape) != spec.shape:
            if gradient.size != int(_product(spec.shape)):
                gradient = operators.method("broadcast_to")(gradient, spec.shape)
            else:
                gradient = operators.method("reshape")(gradient, spec.shape)
    if gradient.dtype != spec.dtype:
        gradient = operators.method("cast")(gradient, spec.dtype)
    return gradient


def _product(shape: tuple[int, ...]) -> int:
    product = 1
    for size in shape:
        product *= size
    return product


def _pullback(
    op: Any, values: list[Any], attributes: dict[str, Any], outputs: Any, flows: list[bool]
) -> Callable[[list[Any]], list[Any]]:
    """What takes the gradients of an operation's results to those of its operands.

    Only what the rules in question name is kept alive by it.
    """
    if op.joint is not None:
        rule, names = op.joint
        kept = _kept(op, names, values, attributes, outputs)
        out_specs = [Spec(o.shape, o.dtype) for o in _as_tuple(outputs)]
        several = isinstance(outputs, tuple)
        if "needed" in names:
            kept["needed"] = tuple(flows)

        def joint(incoming: list[Any]) -> list[Any]:
            g = tuple(_or_zeros(g, s) for g, s in zip(incoming, out_specs, strict=True))
            return list(rule(g if several else g[0], **kept))

        return joint
    parts: list[Callable[[Any], Any] | None] = []
    for index, flow in enumerate(flows):
        if not flow:
            parts.append(None)
            continue
        rule, names = op.vjps[op.operands[0 if op.variadic else index]]
        kept = _kept(op, names, values, attributes, outputs)
        if "index" in names:
            kept["index"] = index
        parts.append(_part(rule, kept))
    several = isinstance(outputs, tuple)
    out_specs = [Spec(o.shape, o.dtype) for o in _as_tuple(outputs)] if several else []

    def separate(incoming: list[Any]) -> list[Any]:
        g: Any = incoming[0]
        if several:
            g = tuple(_or_zeros(g, s) for g, s in zip(incoming, out_specs, strict=True))
        return [None if part is None else part(g) for part in parts]

    return separate


def _part(rule: Callable[..., Any], kept: dict[str, Any]) -> Callable[[Any], Any]:
    return lambda g: rule(g, **kept)


def _as_tuple(outputs: Any) -> tuple[Any, ...]:
    return outputs if isinstance(outputs, tuple) else (outputs,)


def _or_zeros(gradient: Any, spec: Spec) -> Any:
    if gradient is not None:
        return gradient
    return operators.method("zeros")(spec.shape, spec.dtype)


def _kept(
    op: Any, names: tuple[str, ...], values: list[Any], attributes: dict[str, Any], outputs: Any
) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name in names[1:]:
        if name == "out":
            kept[name] = outputs
        elif name == "inputs":
            kept[name] = tuple(values)
        elif name in attributes:
            kept[name] = attributes[name]
        elif not op.variadic and name in op.operands:
            index = op.operands.index(name)
            kept[name] = values[index] if index < len(values) else None
        elif name not in ("index", "needed"):
            default = op.__signature__.parameters.get(name)
            if default is None:
                raise ValueError(f"The gradient rule of {op.name} asks for an unknown {name!r}.")
            kept[name] = default.default
    return kept


class no_tape:  # noqa: N801 (used as a function)
    """Within it nothing is recorded, but by the tapes to ``keep``."""

    def __init__(self, keep: tuple[Any, ...] = ()):
        self.keep = keep

    def __enter__(self) -> None:
        self.before = state.tapes
        state.tapes = self.keep
        state.refresh()

    def __exit__(self, *error: Any) -> None:
        state.tapes = self.before
        state.refresh()


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """Give a function its own gradient: ``f(*args)`` returns ``(result, grad)``.

    ``grad(*upstream)`` gets the gradient of each result (by the name ``upstream``, where it takes
    that alone) and returns the gradient of each tensor argument, in order.

    >>> @kerasette.ops.custom_gradient
    ... def log1pexp(x):
    ...     e = ops.exp(x)
    ...     return ops.log(1 + e), lambda upstream: upstream * (1 - 1 / (1 + e))
    """
    import functools

    @functools.wraps(f)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        # An argument enters as a value of its own, so that what `f` does inside stays its own.
        values = [
            operators.method("identity_of")(value_of(a)) if isinstance(a, TensorBase) else a
            for a in args
        ]
        tapes = state.tapes
        with no_tape():
            result, grad = f(*values, **kwargs)
        tensors = [v for v in values if isinstance(v, (Tensor, Traced))]
        outputs = [o for o in tree.flatten(result) if isinstance(o, (Tensor, Traced))]
        if not tapes or state.symbolic:
            return result

        def pullback(incoming: list[Any]) -> list[Any]:
            whole = [
                operators.method("zeros_like")(o) if g is None else g
                for g, o in zip(incoming, outputs, strict=True)
            ]
            found = _call_grad(grad, whole)
            found = list(found) if isinstance(found, (tuple, list)) else [found]
            if len(found) < len(tensors):
                raise ValueError(
                    f"The gradient function of {f.__name__} must return one gradient for each of "
                    f"its {len(tensors)} tensor arguments. Received: {len(found)}."
                )
            return found

        for tape in tapes:
            tape.record_custom(tensors, outputs, pullback)
        return result

    return wrapped


def _call_grad(grad: Callable[..., Any], upstream: list[Any]) -> Any:
    import inspect

    parameters = inspect.signature(grad).parameters.values()
    names = [p.name for p in parameters]
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    takes_many = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    if "upstream" in names and not takes_many and len(positional) <= 1 and len(upstream) == 1:
        return grad(upstream=upstream[0])
    return grad(*upstream)
