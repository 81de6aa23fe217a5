"""``Embedding``: a vector for each whole number."""

from typing import Any, ClassVar

from kerasette import constraints, initializers, ops, regularizers
from kerasette.arrays import dtypes
from kerasette.layers.convolutional.windows import per_axis
from kerasette.layers.core.low_rank import LowRank
from kerasette.registry import register


class Embedding(LowRank):
    """Looks up a learnt vector for each index: ``(...) -> (..., output_dim)``.

    Args:
        input_dim: the number of indices, from 0 to ``input_dim - 1``.
        output_dim: the size of the vectors.
        embeddings_initializer, embeddings_regularizer, embeddings_constraint: of the table.
        mask_zero: whether 0 stands for padding that later layers skip.
        weights: a list with the table to begin with.
        lora_rank, lora_alpha: of a low-rank update trained in place of the table.
        quantization_config: how the layer is quantized.

    >>> kerasette.layers.Embedding(10, 4)(ops.array([[1, 2, 3]])).shape
    (1, 3, 4)

    Raises: ValueError for sizes below 1.
    """

    low_rank_weight = "embeddings"
    in_files: ClassVar[tuple[str, ...]] = ("embeddings",)

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ):
        kwargs.pop("input_length", None)
        super().__init__(**kwargs)
        per_axis(input_dim, 1, "input_dim", "Embedding")
        per_axis(output_dim, 1, "output_dim", "Embedding")
        self.input_dim, self.output_dim = input_dim, output_dim
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = self.supports_masking = bool(mask_zero)
        self.lora_rank, self.lora_alpha = lora_rank, lora_alpha
        self.quantization_config = quantization_config
        self.autocast = False  # indices are no numbers to round
        if weights is not None:  # a table to begin with
            self.build()
            table = weights if isinstance(weights, list) else [weights]
            self.set_weights(table)

    def build(self, input_shape: Any = None) -> None:
        if self.built:
            return
        self.make_low_rank(
            (self.input_dim, self.output_dim),
            initializer=self.embeddings_initializer,
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
        )

    @property
    def embeddings(self) -> Any:
        """The table ``(input_dim, output_dim)``, with its low-rank update where there is one."""
        return self.low_rank_value()

    def call(self, inputs: Any) -> Any:
        if not dtypes.is_int(inputs.dtype):
            inputs = ops.cast(inputs, "int32")
        found = ops.take(self.embeddings, inputs, axis=0)
        return ops.cast(found, self.compute_dtype)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config |= {
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
            "embeddings_initializer": initializers.serialize(self.embeddings_initializer),
            "embeddings_regularizer": regularizers.serialize(self.embeddings_regularizer),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            "embeddings_constraint": constraints.serialize(self.embeddings_constraint),
            "mask_zero": self.mask_zero,
            "quantization_config": self.quantization_config,
        }
        return config


register("layer", Embedding)
