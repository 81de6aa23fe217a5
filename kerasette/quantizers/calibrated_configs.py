"""Configurations of quantization that looks at data first: GPTQ and AWQ."""

import inspect
from typing import Any

from kerasette.core.naming import to_snake_case
from kerasette.quantizers.configs import QuantizationConfig
from kerasette.registry import register

__all__ = ["AWQConfig", "GPTQConfig"]


class _Calibrated(QuantizationConfig):
    """What GPTQ and AWQ have in common: data, and numbers that must be above 0."""

    _mode = ""
    _bits: tuple[int, ...] = (4,)

    def _keep(self, values: dict[str, Any], *above_zero: str) -> None:
        """Store the arguments, checked."""
        super().__init__()
        names = list(inspect.signature(type(self)).parameters)
        vars(self).update((name, values[name]) for name in names)
        if self.weight_bits not in self._bits:  # type: ignore[attr-defined]
            raise ValueError(
                f"`weight_bits` must be one of {self._bits}. "
                f"Received: weight_bits={values['weight_bits']}."
            )
        for name in above_zero:
            if values[name] <= 0:
                raise ValueError(f"`{name}` must be above 0. Received: {name}={values[name]}.")
        group = values["group_size"]
        if group != -1 and group < 1:
            raise ValueError(f"`group_size` must be -1 or above 0. Received: group_size={group}.")

    @property
    def mode(self) -> str:
        return self._mode

    def dtype_policy_string(self) -> str:
        """The mode in the name of a dtype policy, such as "gptq/4/128"."""
        numbers = vars(self)
        return f"{self.mode}/{numbers['weight_bits']}/{numbers['group_size']}"

    def get_config(self) -> dict[str, Any]:
        # The data are needed once, when the model is quantized.
        names = inspect.signature(type(self)).parameters
        config = {name: getattr(self, name) for name in names}
        return {**config, "dataset": None, "tokenizer": None}


class GPTQConfig(_Calibrated):
    """Quantization of weights one after the other, the later ones making up for the earlier ones'
    error (Frantar et al., "GPTQ", arXiv:2210.17323).

    Args:
        dataset: data like those that the model will see: texts or arrays of numbers.
        tokenizer: a function from texts to numbers.
        weight_bits: 2, 3, 4 or 8.
        num_samples: how many samples of the data are looked at.
        per_channel: whether each output has scales of its own.
        sequence_length: the length of a sample.
        hessian_damping: what part of its mean is added to the diagonal of the second derivatives.
        group_size: how many weights share a scale; -1 for all.
        symmetric: whether the integers lie evenly around 0.
        activation_order: whether weights of greater activations go first.
        quantization_layer_structure: the model's layers: "pre_block_layers", "sequential_blocks".
    """

    _mode = "gptq"
    _bits = (2, 3, 4, 8)

    def __init__(
        self,
        dataset: Any,
        tokenizer: Any,
        *,
        weight_bits: int = 4,
        num_samples: int = 128,
        per_channel: bool = True,
        sequence_length: int = 512,
        hessian_damping: float = 0.01,
        group_size: int = 128,
        symmetric: bool = False,
        activation_order: bool = False,
        quantization_layer_structure: dict[str, Any] | None = None,
    ):
        self._keep(locals(), "num_samples", "sequence_length")
        if not 0 <= hessian_damping <= 1:
            raise ValueError(
                "`hessian_damping` must be from 0 to 1. "
                f"Received: hessian_damping={hessian_damping}."
            )


class AWQConfig(_Calibrated):
    """Quantization that spares the weights of great activations (Lin et al., "AWQ",
    arXiv:2306.00978).

    Args:
        dataset: data like those that the model will see: texts or arrays of numbers.
        tokenizer: a function from texts to numbers.
        weight_bits: 4.
        num_samples: how many samples of the data are looked at.
        sequence_length: the length of a sample.
        group_size: how many weights share a scale; -1 for all.
        num_grid_points: how many scales are tried for each channel.
        quantization_layer_structure: the model's layers: "pre_block_layers", "sequential_blocks".
    """

    _mode = "awq"

    def __init__(
        self,
        dataset: Any,
        tokenizer: Any,
        *,
        weight_bits: int = 4,
        num_samples: int = 128,
        sequence_length: int = 512,
        group_size: int = 128,
        num_grid_points: int = 20,
        quantization_layer_structure: dict[str, Any] | None = None,
    ):
        self._keep(locals(), "num_samples", "sequence_length", "num_grid_points")


for _cls in (GPTQConfig, AWQConfig):
    register("quantizer", _cls, to_snake_case(_cls.__name__))
