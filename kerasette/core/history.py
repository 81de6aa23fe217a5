"""Functions over operations, applied to symbolic values: one node of a Functional model each."""

import functools
from collections.abc import Callable
from typing import Any

from kerasette.core.infer import infer
from kerasette.core.naming import auto_name
from kerasette.core.operation import KerasHistory, Node, Operation
from kerasette.core.state import state
from kerasette.core.tensor import KerasTensor

__all__ = ["KerasHistory", "Node", "OpCall", "class_name", "infer", "operation", "symbolic_call"]


# Keras's classes whose names do not follow from the function's.
_CLASS_NAMES = {
    "allclose": "AllClose", "batch_normalization": "BatchNorm", "cdist": "CDist",
    "ctc_decode": "CTCDecode", "ctc_loss": "CTCLoss", "fft": "FFT", "fft2": "FFT2",
    "hsv_to_rgb": "HSVToRGB", "ifft2": "IFFT2", "irfft": "IRFFT", "isin": "IsIn",
    "istft": "ISTFT", "jvp": "JVP", "layer_normalization": "LayerNorm", "psnr": "PSNR",
    "rfft": "RFFT", "rgb_to_grayscale": "RGBToGrayscale", "rgb_to_hsv": "RGBToHSV",
    "rms_normalization": "RMSNorm", "searchsorted": "SearchSorted", "ssim": "SSIM",
    "stft": "STFT", "svd": "SVD",
}  # fmt: skip


def class_name(function: str) -> str:
    """The name that Keras gives the class behind a function of ``ops``.

    >>> class_name("expand_dims"), class_name("fft2")
    ('ExpandDims', 'FFT2')
    """
    words = (word[:1].upper() + word[1:] for word in function.split("_"))
    return _CLASS_NAMES.get(function) or "".join(words)


class OpCall(Operation):
    """A function of ``ops`` applied to symbolic values: it stands in a Functional model's graph
    as a layer would.
    """

    registry_kind = "operation"

    def __init__(self, function: Callable[..., Any], name: str | None = None):
        super().__init__(name=name or auto_name(function.__name__))
        self.function = function

    @property
    def class_name(self) -> str:
        """The name of Keras's class for this operation: ``expand_dims`` is "ExpandDims"."""
        return class_name(self.function.__name__)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}


def symbolic_call(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Apply a function to KerasTensors: infer what comes out, and remember the call."""
    return OpCall(function)(*args, **kwargs)


def operation(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function over operations one that KerasTensors may be given to.

    It is then one node in a Functional model's graph, under its own name.
    """

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not state.symbolic and (_has_symbol(args) or (kwargs and _has_symbol(kwargs.values()))):
            return symbolic_call(call, args, kwargs)
        return function(*args, **kwargs)

    return call


def _has_symbol(values: Any) -> bool:
    for value in values:
        kind = type(value)
        if kind is KerasTensor:
            return True
        if (kind is list or kind is tuple) and _has_symbol(value):
            return True
        if kind is dict and _has_symbol(value.values()):
            return True
    return False
