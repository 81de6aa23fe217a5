"""Complex numbers: their parts, and putting them together.

Gradients of complex values are those of holomorphic functions, without conjugation: the gradient of
a real result for real operands is right whatever lies between.
"""

from typing import Any

from kerasette.arrays import dtypes
from kerasette.core import operators
from kerasette.core.history import operation
from kerasette.core.primitive import primitive
from kerasette.core.rules import FLOATING, broadcast_shapes, same
from kerasette.core.spec import Spec
from kerasette.ops.comparison import equal
from kerasette.ops.conversion import convert_to_tensor

__all__ = ["conj", "conjugate", "imag", "isreal", "real", "view_as_complex", "view_as_real"]

_COMPLEX = {"float64": "complex128"}
_REAL = {"complex64": "float32", "complex128": "float64"}


def real_spec(x: Spec) -> Spec:
    """The shape, with the dtype of the real part."""
    return Spec(x.shape, dtypes.ALL[_REAL.get(x.dtype, x.dtype)])


def _joined(real: Spec, imag: Spec) -> Spec:
    if dtypes.is_complex(real.dtype):
        raise ValueError("the parts of a complex number are real. Received: complex numbers.")
    dtype = _COMPLEX.get(real.dtype, "complex64")
    return Spec(broadcast_shapes(real.shape, imag.shape), dtypes.ALL[dtype])


@primitive(_joined, FLOATING)
def complex_of(xp: Any, real: Any, imag: Any) -> Any:
    """``real + i imag``: complex128 of float64, else complex64; shapes broadcast together."""
    return real + imag * (1j if real.dtype == xp.float64 else xp.complex64(1j))


@primitive(real_spec)
def real(xp: Any, x: Any) -> Any:
    """The real part, elementwise; real numbers as they are: ``(...) -> (...)``.

    >>> ops.real([1 + 2j]).numpy()
    array([1.], dtype=float32)
    """
    return xp.real(x)


@primitive(real_spec)
def imag(xp: Any, x: Any) -> Any:
    """The imaginary part, elementwise; of real numbers 0: ``(...) -> (...)``.

    >>> ops.imag([1 + 2j]).numpy()
    array([2.], dtype=float32)
    """
    return xp.imag(x) if x.dtype.kind == "c" else xp.zeros_like(x)


complex_of.defvjp(real=lambda g: real(g), imag=lambda g: real(g * 1j))
real.defvjp(x=lambda g: g)
imag.defvjp(x=lambda g, x: g * -1j if dtypes.is_complex(x.dtype) else g * 0)


@primitive(same)
def conj(xp: Any, x: Any) -> Any:
    """The complex conjugate, elementwise; real numbers as they are: ``(...) -> (...)``.

    >>> ops.conj([1 + 2j]).numpy()
    array([1.-2.j], dtype=complex64)
    """
    return xp.conj(x) if x.dtype.kind == "c" else x


conj.defvjp(x=lambda g: conj(g))
conjugate = conj


@operation
def view_as_complex(x: Any) -> Any:
    """Pairs of real numbers as complex ones: ``(..., 2) -> (...)``.

    >>> ops.view_as_complex([[1.0, 2.0]]).numpy()
    array([1.+2.j], dtype=complex64)

    Raises: ValueError where the last axis does not have size 2.
    """
    x = convert_to_tensor(x)
    if not x.shape or x.shape[-1] != 2:
        raise ValueError(
            f"The last axis must hold pairs of real and imaginary parts. Received: shape={x.shape}."
        )
    return complex_of(x[..., 0], x[..., 1])


@operation
def view_as_real(x: Any) -> Any:
    """Complex numbers as pairs of real and imaginary part: ``(...) -> (..., 2)``.

    >>> ops.view_as_real([1 + 2j]).numpy()
    array([[1., 2.]], dtype=float32)
    """
    return operators.method("stack")([real(x), imag(x)], axis=-1)


@operation
def isreal(x: Any) -> Any:
    """Where ``x`` has no imaginary part: bool ``(...)``; all True for real dtypes.

    >>> ops.isreal([1.0, 1j]).numpy()
    array([ True, False])
    """
    return equal(imag(x), 0)
