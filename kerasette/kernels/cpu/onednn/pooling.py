"""Average pooling and its gradient. (oneDNN's max-pooling loses NaN: it is not used.)"""

from typing import Any

from kerasette.core.kernels import kernel
from kerasette.core.spec import Spec
from kerasette.kernels.cpu.onednn.convolution import images
from kerasette.kernels.cpu.onednn.library import Unsupported
from kerasette.kernels.cpu.onednn.primitives import (
    DIFF_DST,
    DIFF_SRC,
    DST,
    SRC,
    Attributes,
    Chain,
    Description,
    Place,
    library,
    numbers,
)

_TRAINING, _MEAN = 64, 0x3FF  # the mean of what is not padding


def _suits(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> bool:
    return (
        specs[0].dtype in ("float32", "bfloat16")
        and all(specs[0].shape)
        and all(
            0 <= count < width
            for pair, width in zip(attributes["padding"], attributes["window"], strict=True)
            for count in pair
        )
    )


def _forward(x: Spec, out: Spec, attributes: dict[str, Any]) -> Description:
    return Description(
        "pooling_forward",
        library().engine,
        _TRAINING,
        _MEAN,
        images(x),
        images(out),
        *_places(attributes),
        Attributes(),
    )


def _places(attributes: dict[str, Any]) -> list[Any]:
    before, after = zip(*attributes["padding"], strict=True)
    window = attributes["window"]
    none = [0] * len(window)
    return [numbers(n) for n in (attributes["strides"], window, none, before, after)]


@kernel("average_pool", "cpu", when=_suits)
def average_pool(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Chain | None:
    """The kernel of ``average_pool``, where oneDNN has one."""
    from kerasette.ops.pooling import pool_mean

    out = pool_mean.spec(*specs, **attributes)
    chain = Chain(out)
    try:
        forward = _forward(specs[0], out, attributes)
    except Unsupported:
        return None
    chain.add(forward, {SRC: Place("read", 0), DST: Place("write", 0)})
    return chain


@kernel("average_pool_gradient", "cpu", when=_suits)
def average_pool_gradient(specs: tuple[Spec, ...], attributes: dict[str, Any]) -> Chain | None:
    """The kernel of ``average_pool_gradient``, where oneDNN has one."""
    from kerasette.ops.pooling import average_pool_gradient as operation

    out = operation.spec(*specs, **attributes)
    chain = Chain(out)
    try:
        backward = Description(
            "pooling_backward",
            library().engine,
            _MEAN,
            images(out),
            images(specs[0]),
            *_places(attributes),
            _forward(out, specs[0], attributes),
            Attributes(),
        )
    except Unsupported:
        return None
    chain.add(backward, {DIFF_DST: Place("read", 0), DIFF_SRC: Place("write", 0)})
    return chain
