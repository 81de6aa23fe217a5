"""How a layer or model is to be quantized: what ``quantize(config=...)`` takes."""

from typing import Annotated, Any

from kerasette.core.naming import to_snake_case
from kerasette.declared import Converter, declared, declared_config
from kerasette.quantizers.quantizer import AbsMaxQuantizer, QuantizerField, get, serialize
from kerasette.registry import register

__all__ = [
    "Float8QuantizationConfig",
    "Int4QuantizationConfig",
    "Int8QuantizationConfig",
    "QuantizationConfig",
]


def _get_or_default(identifier: Any) -> Any:
    return identifier if identifier == "default" else get(identifier)


_ActivationField = Annotated[Any, Converter(_get_or_default, serialize)]


@declared
class QuantizationConfig:
    """Base class of quantization configurations.

    Args:
        weight_quantizer: the quantizer of weights; the layer's own where it is ``None``.
        activation_quantizer: the quantizer of inputs; ``None`` leaves them as they are.
    """

    registry_kind = "quantizer"

    weight_quantizer: QuantizerField = None
    activation_quantizer: QuantizerField = None

    @property
    def mode(self) -> str:
        """The name of the way to quantize."""
        raise NotImplementedError(
            f"{type(self).__name__} has no mode. Use a class for a mode: Int8QuantizationConfig…"
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a configuration like this one."""
        return declared_config(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "QuantizationConfig":
        """A configuration made of what ``get_config`` gave."""
        return cls(**config)

    @staticmethod
    def weight_quantizer_or_default(config: Any, default: Any) -> Any:
        """The quantizer of weights that ``config`` (or ``None``) names, or ``default``."""
        named = None if config is None else config.weight_quantizer
        return default if named is None else named

    @staticmethod
    def activation_quantizer_or_default(config: Any, default: Any) -> Any:
        """The quantizer of inputs of ``config``; ``default`` where there is no configuration."""
        return default if config is None else config.activation_quantizer

    def _check(self, attribute: str, wanted: Any) -> None:
        """The quantizer of weights must have this value of this attribute."""
        if self.weight_quantizer is None:
            return
        found = getattr(self.weight_quantizer, attribute, None)
        if found != wanted:
            raise ValueError(
                f"{type(self).__name__} needs a weight_quantizer with {attribute}={wanted!r}. "
                f"Received: {attribute}={found!r}."
            )


@declared
class Int8QuantizationConfig(QuantizationConfig):
    """Weights in 8 bits.

    Args:
        weight_quantizer: the quantizer of weights; one scale for each output by default.
        activation_quantizer: the quantizer of inputs; "default" for ``AbsMaxQuantizer()``, ``None``
            to leave them as they are.
    """

    weight_quantizer: QuantizerField = None
    activation_quantizer: _ActivationField = "default"

    def validate(self) -> None:
        if self.activation_quantizer == "default":
            self.activation_quantizer = AbsMaxQuantizer()
        self._check("output_dtype", "int8")

    @property
    def mode(self) -> str:
        return "int8"


@declared
class Int4QuantizationConfig(QuantizationConfig):
    """Weights in 4 bits.

    Args:
        weight_quantizer: the quantizer of weights, where each output has one scale.
        activation_quantizer: the quantizer of inputs; by default, and for ``None``, they are left
            as they are.
        block_size: how many weights of an output share a scale; ``None`` or -1 for all of them.

    Raises: ValueError for quantizers together with a block size above 0, which sets its own.
    """

    weight_quantizer: QuantizerField = None
    activation_quantizer: _ActivationField = "default"
    block_size: int | None = 128

    def validate(self) -> None:
        if self.activation_quantizer == "default":
            self.activation_quantizer = None
        if self.block_size is not None and self.block_size != -1 and self.block_size < 1:
            raise ValueError(
                "`block_size` must be None, -1 or at least 1. "
                f"Received: block_size={self.block_size}."
            )
        own = self.weight_quantizer is not None or self.activation_quantizer is not None
        if own and self.block_size not in (None, -1):
            raise ValueError(
                "Blocks of weights take no quantizers of one's own. Use block_size=None, or leave "
                f"the quantizers. Received: block_size={self.block_size}."
            )
        self._check("value_range", (-8, 7))
        self._check("output_dtype", "int8")

    @property
    def mode(self) -> str:
        return "int4"

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Int4QuantizationConfig":
        # Files from before there were blocks do not name their size.
        return cls(**{"block_size": None, **config})


class Float8QuantizationConfig(QuantizationConfig):
    """Training with products in 8-bit floats, which takes no quantizers of one's own."""

    def __init__(self) -> None:
        super().__init__()

    @property
    def mode(self) -> str:
        return "float8"

    def get_config(self) -> dict[str, Any]:
        return {}


for _cls in (
    QuantizationConfig,
    Int8QuantizationConfig,
    Int4QuantizationConfig,
    Float8QuantizationConfig,
):
    register("quantizer", _cls, to_snake_case(_cls.__name__))
