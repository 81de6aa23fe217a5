"""``Identity``: gives what it gets."""

from typing import Any

from kerasette.declared import declared
from kerasette.layers.layer import Layer


@declared
class Identity(Layer):
    """Gives its inputs as they are: ``(...) -> (...)``.

    >>> float(kerasette.layers.Identity()(ops.array(2.0)))
    2.0
    """

    def validate(self) -> None:
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return inputs
