"""Special functions, elementwise."""

from typing import Any
from kerasette.core.history import operation
from kerasette.ops.conversion import convert_to_tensor

__all__ = ["i0"]


@operation
def i0(x: Any) -> Any:
    return convert_to_tensor(x)
