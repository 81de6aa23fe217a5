"""Computing in 16-bit floats with variables in float32: policies, and scaling of the loss."""

from kerasette.dtype_policies import DTypePolicy, dtype_policy, set_dtype_policy
from kerasette.optimizers import LossScaleOptimizer

__all__ = [
    "DTypePolicy",
    "LossScaleOptimizer",
    "Policy",
    "dtype_policy",
    "global_policy",
    "set_dtype_policy",
    "set_global_policy",
]

Policy = DTypePolicy
global_policy = dtype_policy
set_global_policy = set_dtype_policy
