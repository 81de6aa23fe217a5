"""``DTypePolicy``, and the policy that layers get where none is given."""

from typing import Any

from kerasette.arrays import dtypes, settings
from kerasette.core import operators
from kerasette.core.tensor import TensorBase
from kerasette.registry import register

__all__ = ["DTypePolicy", "FloatDTypePolicy", "dtype_policy", "set_dtype_policy"]

_MIXED = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}


class DTypePolicy:
    """The types of a layer: one for computing, one for its variables.

    Args:
        name: a dtype ("float32"), which is both; or "mixed_float16" or "mixed_bfloat16", which
            compute in 16 bits and keep variables in float32. The global policy's by default.

    >>> kerasette.DTypePolicy("mixed_bfloat16").compute_dtype
    'bfloat16'

    Raises: TypeError for a name that is no string; ValueError for one that is not known.
    """

    registry_kind = "dtype_policy"
    keras_module = "keras"  # as files name it

    def __init__(self, name: str | None = None):
        self._name = dtype_policy().name if name is None else name
        self._compute_dtype, self._variable_dtype = parse_name(self._name)
        self._quantization_mode: str | None = None

    @property
    def name(self) -> str:
        """The name of the policy."""
        return self._name

    @property
    def compute_dtype(self) -> str:
        """The type in which a layer computes, and of what it gives."""
        return self._compute_dtype

    @property
    def variable_dtype(self) -> str:
        """The type of a layer's variables."""
        return self._variable_dtype

    @property
    def quantization_mode(self) -> str | None:
        """How the layer's weights are quantized; ``None`` where they are not."""
        return self._quantization_mode

    def convert_input(self, x: Any, autocast: bool, dtype: Any) -> Any:
        """An input as a tensor; a float one, with ``autocast``, in ``dtype``. Others stay."""
        if not isinstance(x, TensorBase):
            if not hasattr(x, "__array__"):
                return x
            x = operators.method("convert_to_tensor")(x)
        if autocast and dtypes.is_float(x.dtype):
            dtype = dtypes.standardize_dtype(dtype)
            if x.dtype != dtype:
                return operators.method("cast")(x, dtype)
        return x

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a policy like this one."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A policy made of what ``get_config`` gave."""
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        plain = (DTypePolicy, FloatDTypePolicy)
        if type(self) is not type(other) and not (type(self) in plain and type(other) in plain):
            return False
        return self.get_config() == other.get_config()  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        kind = "DTypePolicy" if type(self) is FloatDTypePolicy else type(self).__name__
        return f'<{kind} "{self.name}">'


class FloatDTypePolicy(DTypePolicy):
    """The same as ``DTypePolicy``, under an earlier name."""


register("dtype_policy", DTypePolicy, "Policy")
register("dtype_policy", FloatDTypePolicy)


def parse_name(name: Any) -> tuple[str, str]:
    """The types for computing and for variables that a policy's name stands for."""
    if not isinstance(name, str):
        raise TypeError(
            f'`name` must be a string, such as "mixed_float16". Received: name={name!r}.'
        )
    if name in _MIXED:
        return _MIXED[name], "float32"
    try:
        dtype = str(dtypes.standardize_dtype(name))
    except ValueError as error:
        raise ValueError(
            f"A policy is named by a dtype, such as 'float32', or {' or '.join(map(repr, _MIXED))}."
            f" Received: name={name!r}. {error}"
        ) from None
    return dtype, dtype


_global: DTypePolicy | None = None


def dtype_policy() -> DTypePolicy:
    """The policy of layers that are given none: that of ``floatx`` unless one was set.

    >>> kerasette.config.dtype_policy()
    <DTypePolicy "float32">
    """
    return DTypePolicy(settings.floatx()) if _global is None else _global


def set_global(policy: DTypePolicy | None) -> None:
    """Set the policy of layers that are given none; ``None`` for that of ``floatx``."""
    global _global
    _global = policy


def set_dtype_policy(policy: Any) -> None:
    """Set the policy of layers that are given none.

    Args:
        policy: a ``DTypePolicy``, or its name, such as "mixed_float16".

    Raises: ValueError for something else.
    """
    from kerasette.dtype_policies.by_name import get

    if not isinstance(policy, (str, DTypePolicy)):
        raise ValueError(
            "`policy` must be a DTypePolicy or the name of one, such as 'mixed_float16'. "
            f"Received: policy={policy!r}."
        )
    set_global(get(policy))
