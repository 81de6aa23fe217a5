"""The errors that are kerasette's own, and the words that every module uses for them."""

import difflib
from collections.abc import Iterable


class TraceError(TypeError):
    """Python asked for the value of a tensor that has none yet, inside ``kerasette.function``."""


class DeviceError(RuntimeError):
    """A device that is not there, or tensors of two devices in one operation."""


class OutOfDeviceMemoryError(DeviceError, MemoryError):
    """The memory of a GPU is not enough; what was there before is there still."""


def nearest(name: object, known: Iterable[str]) -> str:
    """A sentence that names the closest known name, or nothing where none is close.

    >>> nearest("sofmax", ["softmax", "relu"])
    " Did you mean 'softmax'?"
    """
    close = difflib.get_close_matches(str(name), list(known), n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""


def unknown_name(kind: str, name: object, known: Iterable[str]) -> ValueError:
    """The error for a name that no table has.

    >>> raise unknown_name("loss", "mes", ["mse", "mae"])
    Traceback (most recent call last):
    ValueError: Unknown loss: 'mes'. Did you mean 'mse'?
    """
    known = sorted(set(known))
    hint = nearest(name, known)
    if not hint:
        listed = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
        hint = f" Known names: {listed}."
    return ValueError(f"Unknown {kind}: {name!r}.{hint}")


class DataError(ValueError):
    """Data that cannot be used: empty, of different lengths, not numbers."""


class FileError(OSError):
    """A file that cannot be read or written: missing, damaged, or not what it should be."""


class NonFiniteError(RuntimeError):
    """NaN or infinity in training, where `nan_guard` watches for it."""
