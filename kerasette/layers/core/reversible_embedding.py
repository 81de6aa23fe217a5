"""``ReversibleEmbedding``: vectors for indices, and scores of indices for vectors."""

from typing import Any

from kerasette import ops
from kerasette.layers.core.embedding import Embedding
from kerasette.registry import register


class ReversibleEmbedding(Embedding):
    """An embedding that can be run backwards, with the same table (Press and Wolf, 2016).

    Called with ``reverse=True`` it takes vectors ``(..., output_dim)`` to scores
    ``(..., input_dim)``.

    Args:
        input_dim: the number of indices.
        output_dim: the size of the vectors.
        tie_weights: whether one table serves both ways.
        embeddings_initializer, embeddings_regularizer, embeddings_constraint: of the table.
        mask_zero: whether 0 stands for padding.
        reverse_dtype: the dtype in which scores are computed.
        logit_soft_cap: the bound that scores are bent towards by ``cap * tanh(score / cap)``.

    >>> layer = kerasette.layers.ReversibleEmbedding(10, 4)
    >>> layer(layer(ops.array([[1, 2]])), reverse=True).shape
    (1, 2, 10)
    """

    in_files = ("embeddings", "reverse_embeddings")

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        tie_weights: bool = True,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        reverse_dtype: Any = None,
        logit_soft_cap: float | None = None,
        **kwargs: Any,
    ):
        super().__init__(
            input_dim,
            output_dim,
            embeddings_initializer=embeddings_initializer,
            embeddings_regularizer=embeddings_regularizer,
            embeddings_constraint=embeddings_constraint,
            mask_zero=mask_zero,
            **kwargs,
        )
        self.tie_weights = tie_weights
        self.reverse_dtype = reverse_dtype
        self.logit_soft_cap = logit_soft_cap

    def build(self, input_shape: Any = None) -> None:
        if self.built:
            return
        super().build(input_shape)
        if not self.tie_weights:
            self.reverse_embeddings = self.add_weight(
                name="reverse_embeddings",
                shape=(self.output_dim, self.input_dim),
                initializer=self.embeddings_initializer,
            )

    def call(self, inputs: Any, reverse: bool = False) -> Any:
        if not reverse:
            found = super().call(inputs)
            mask = super().compute_mask(inputs)
            if mask is not None:
                found._keras_mask = mask
            return found
        tied = self.tie_weights
        kernel = ops.transpose(self.embeddings) if tied else self.reverse_embeddings
        kernel = ops.convert_to_tensor(kernel)
        if self.reverse_dtype is not None:
            inputs = ops.cast(inputs, self.reverse_dtype)
            kernel = ops.cast(kernel, self.reverse_dtype)
        scores = ops.matmul(inputs, kernel)
        cap = self.logit_soft_cap
        return scores if cap is None else cap * ops.tanh(scores / cap)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return None  # set in `call`, which knows in which direction it goes

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "tie_weights": self.tie_weights,
            "reverse_dtype": self.reverse_dtype,
            "logit_soft_cap": self.logit_soft_cap,
        }


register("layer", ReversibleEmbedding)
