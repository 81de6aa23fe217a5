"""``CategoryEncoding``: class numbers as vectors."""

from typing import Any

from kerasette import ops
from kerasette.declared import declared
from kerasette.layers.preprocessing.data_layer import DataLayer
from kerasette.layers.preprocessing.encoding import check_mode, check_range, encode


@declared
class CategoryEncoding(DataLayer):
    """Class numbers ``(..., n)`` as vectors of zeros and ones, or counts: ``(..., num_tokens)``.

    Args:
        num_tokens: how many classes there are.
        output_mode: "multi_hot": 1 for each class that is there; "one_hot": a vector for each
            number, ``(..., n, num_tokens)`` unless n is 1; "count": how often it is there.
        sparse: must be False.

    Called with ``count_weights`` of the numbers' shape, mode "count" adds those up instead.

    >>> kerasette.layers.CategoryEncoding(4)(ops.array([[0, 1], [3, 3]])).numpy()
    array([[1., 1., 0., 0.],
           [0., 0., 0., 1.]], dtype=float32)

    Raises: ValueError for numbers that are not from 0 to below ``num_tokens``.
    """

    num_tokens: int | None = None
    output_mode: str = "multi_hot"
    sparse: bool = False

    def validate(self) -> None:
        if not isinstance(self.num_tokens, int) or self.num_tokens < 1:
            raise ValueError(
                "`num_tokens` of CategoryEncoding must be a positive integer (where it is not "
                f"known, IntegerLookup can learn it). Received: num_tokens={self.num_tokens!r}."
            )
        modes = ("count", "one_hot", "multi_hot")
        self.output_mode = check_mode("CategoryEncoding", self.output_mode, modes, self.sparse)

    def call(self, inputs: Any, count_weights: Any = None) -> Any:
        if count_weights is not None:
            if self.output_mode != "count":
                raise ValueError(
                    "`count_weights` goes with output_mode='count' alone. "
                    f"Received: output_mode={self.output_mode!r}."
                )
            count_weights = ops.convert_to_tensor(count_weights, self.compute_dtype)
        depth: Any = self.num_tokens
        inputs = ops.convert_to_tensor(inputs)
        check_range("CategoryEncoding", inputs, depth)
        numbers = ops.cast(inputs, "int32")
        return encode(numbers, self.output_mode, depth, self.compute_dtype, count_weights)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("sparse")
        return config
