"""Dtype policies: in which type a layer computes, and in which it keeps its variables."""

from kerasette.dtype_policies.by_name import deserialize, get, serialize
from kerasette.dtype_policies.policy import (
    DTypePolicy,
    FloatDTypePolicy,
    dtype_policy,
    set_dtype_policy,
)
from kerasette.dtype_policies.policy_map import DTypePolicyMap
from kerasette.dtype_policies.quantized import (
    AWQDTypePolicy,
    GPTQDTypePolicy,
    Int4DTypePolicy,
    QuantizedDTypePolicy,
    QuantizedFloat8DTypePolicy,
)
