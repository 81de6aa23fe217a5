"""Quantization: numbers kept in few bits, with scales to get them back."""

from kerasette.quantizers.calibrated_configs import AWQConfig, GPTQConfig
from kerasette.quantizers.configs import (
    Float8QuantizationConfig,
    Int4QuantizationConfig,
    Int8QuantizationConfig,
    QuantizationConfig,
)
from kerasette.quantizers.fake_quantization import fake_quant_with_min_max_vars
from kerasette.quantizers.float8 import (
    compute_float8_amax_history,
    compute_float8_scale,
    quantize_and_dequantize,
)
from kerasette.quantizers.packing import pack_int4, unpack_int4
from kerasette.quantizers.quantizer import (
    AbsMaxQuantizer,
    Quantizer,
    abs_max_quantize,
    abs_max_quantize_grouped_with_zero_point,
    deserialize,
    get,
    serialize,
)
