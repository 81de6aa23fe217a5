"""Policies of quantized layers: how the weights are stored, and the policy they came from."""

from typing import Any

from kerasette.dtype_policies.policy import DTypePolicy, dtype_policy, parse_name
from kerasette.errors import unknown_name
from kerasette.registry import register

__all__ = [
    "AWQDTypePolicy",
    "GPTQDTypePolicy",
    "Int4DTypePolicy",
    "QuantizedDTypePolicy",
    "QuantizedFloat8DTypePolicy",
]

QUANTIZATION_MODES = ("int8", "float8", "int4", "gptq", "awq")


class QuantizedDTypePolicy(DTypePolicy):
    """The types of a quantized layer.

    Args:
        mode: how it is quantized: "int8", "int4", "float8"…
        source_name: the policy of the layer before; the global one by default.

    >>> kerasette.dtype_policies.QuantizedDTypePolicy("int8", "float32").name
    'int8_from_float32'

    Raises: ValueError for a mode that is not known, or that does not go with the types.
    """

    keras_module = "keras.dtype_policies"

    def __init__(self, mode: str, source_name: str | None = None):
        self._source_name = dtype_policy().name if source_name is None else source_name
        self._full_mode = str(mode)
        self._compute_dtype, self._variable_dtype = parse_name(self._source_name)
        self._quantization_mode = self._full_mode.partition("/")[0]
        self._name = f"{self._full_mode}_from_{self._source_name}"
        self._check_mode()

    def _check_mode(self) -> None:
        if self._full_mode not in QUANTIZATION_MODES:
            raise unknown_name("quantization mode", self._full_mode, QUANTIZATION_MODES)
        if self._full_mode == "int8" and self._compute_dtype == "float16":
            raise ValueError(
                "int8 weights do not go with computing in float16: their products overflow. Use a "
                f"policy of float32 or bfloat16. Received: source_name={self._source_name!r}."
            )

    def get_config(self) -> dict[str, Any]:
        return {"mode": self._full_mode, "source_name": self._source_name}


class QuantizedFloat8DTypePolicy(QuantizedDTypePolicy):
    """The types of a layer that multiplies in 8-bit floats.

    Args:
        mode: "float8".
        source_name: the policy of the layer before; the global one by default.
        amax_history_length: of how many steps the greatest sizes are kept, to scale by.
    """

    default_amax_history_length = 1024

    def __init__(self, mode: str, source_name: str | None = None, amax_history_length: int = 1024):
        super().__init__(mode, source_name)
        if not isinstance(amax_history_length, int):
            raise TypeError(
                "`amax_history_length` must be an integer. "
                f"Received: amax_history_length={amax_history_length!r}."
            )
        self._amax_history_length = amax_history_length

    @property
    def amax_history_length(self) -> int:
        """Of how many steps the greatest sizes are kept."""
        return self._amax_history_length

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "amax_history_length": self.amax_history_length}


class _Numbered(QuantizedDTypePolicy):
    """A policy whose mode carries numbers: "gptq/4/128"."""

    form = ""  # the mode, in words

    def _numbers(self) -> list[int]:
        """The numbers of the mode; the last is the size of a group, -1 for one group."""
        wanted = self.form.split("/")
        found = self._full_mode.split("/")
        try:
            numbers = [int(part) for part in found[1:]]
        except ValueError:
            numbers = []
        if found[0] != wanted[0] or len(numbers) != len(wanted) - 1:
            raise ValueError(
                f"`mode` must have the form {self.form!r}. Received: mode={self._full_mode!r}."
            )
        if numbers[-1] < -1 or numbers[-1] == 0:
            raise ValueError(
                "The last number of `mode` must be -1, for one group, or the size of a group. "
                f"Received: mode={self._full_mode!r}."
            )
        return numbers

    def _bits(self, allowed: tuple[int, ...]) -> tuple[int, int]:
        bits, group = self._numbers()
        if bits not in allowed:
            raise ValueError(
                f"The bits of a weight must be one of {allowed}. "
                f"Received: mode={self._full_mode!r}."
            )
        return bits, group


class Int4DTypePolicy(_Numbered):
    """The types of a layer whose weights have 4 bits.

    Args:
        mode: "int4/128": 128 weights share a scale; -1 for all weights of a channel.
        source_name: the policy of the layer before; the global one by default.
    """

    form = "int4/<block_size>"

    def _check_mode(self) -> None:
        self.mode = "int4"
        (self.block_size,) = self._numbers()


class GPTQDTypePolicy(_Numbered):
    """The types of a layer quantized by GPTQ (Frantar et al., arXiv:2210.17323).

    Args:
        mode: "gptq/4/128": weights of 4 bits (2, 3, 4 or 8), 128 of which share a scale; -1 for
            all.
        source_name: the policy of the layer before; the global one by default.
    """

    form = "gptq/<weight_bits>/<group_size>"

    def _check_mode(self) -> None:
        self.mode = "gptq"
        self.weight_bits, self.group_size = self._bits((2, 3, 4, 8))


class AWQDTypePolicy(_Numbered):
    """The types of a layer quantized by AWQ (Lin et al., arXiv:2306.00978).

    Args:
        mode: "awq/4/128": weights of 4 bits, 128 of which share a scale; -1 for all of a channel.
        source_name: the policy of the layer before; the global one by default.
    """

    form = "awq/<weight_bits>/<group_size>"

    def _check_mode(self) -> None:
        self.mode = "awq"
        self.weight_bits, self.group_size = self._bits((4,))


for _cls in (
    QuantizedDTypePolicy,
    QuantizedFloat8DTypePolicy,
    Int4DTypePolicy,
    GPTQDTypePolicy,
    AWQDTypePolicy,
):
    register("dtype_policy", _cls)


def by_quantized_name(name: str) -> QuantizedDTypePolicy:
    """The policy that a name such as "int8_from_float32" stands for.

    Raises: ValueError for a name of another form.
    """
    mode, separator, source = name.partition("_from_")
    if not separator:
        raise ValueError(
            "The policy of a quantized layer is named '<mode>_from_<policy>', such as "
            f"'int8_from_float32'. Received: {name!r}."
        )
    kinds = {
        "int4/": Int4DTypePolicy,
        "gptq/": GPTQDTypePolicy,
        "awq/": AWQDTypePolicy,
        "float8": QuantizedFloat8DTypePolicy,
    }
    for start, kind in kinds.items():
        if mode.startswith(start):
            return kind(mode, source)
    return QuantizedDTypePolicy(mode, source)
