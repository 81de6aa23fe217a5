"""``GroupQueryAttention`` (Ainslie et al., 2023): several query heads share one key and value."""

from typing import Any

from kerasette import ops
from kerasette.constraints import ConstraintField
from kerasette.declared import declared
from kerasette.initializers import InitializerField
from kerasette.layers.activations.softmax import Softmax
from kerasette.layers.attention.multi_head_attention import HeadsBase
from kerasette.layers.convolutional.windows import per_axis
from kerasette.layers.regularization.dropout import Dropout
from kerasette.registry import register
from kerasette.regularizers import RegularizerField


@declared
class GroupedQueryAttention(HeadsBase):
    """Attention in which groups of query heads share a key head and a value head.

    Called on ``query (batch, queries, dim)``, ``value (batch, values, dim)`` and, if it is another
    tensor, ``key``; gives ``(batch, queries, dim)``.

    Args:
        head_dim: the size of each head.
        num_query_heads: the number of query heads.
        num_key_value_heads: the number of key and value heads, which divides it.
        dropout: the share of the weights that is dropped in training.
        use_bias: whether projections have biases.
        sliding_window: how far a query sees.
        flash_attention: accepted as Keras does; kernels are chosen by themselves.
        kernel_initializer, bias_initializer: of the projections.
        kernel_regularizer, bias_regularizer, activity_regularizer: penalties.
        kernel_constraint, bias_constraint: applied after updates.
        use_gate: whether the result is multiplied by a learnt gate.
        seed: for the dropout.

    >>> layer = kerasette.layers.GroupQueryAttention(4, 4, 2)
    >>> layer(ops.ones((2, 3, 8)), ops.ones((2, 5, 8))).shape
    (2, 3, 8)

    Raises: ValueError where the numbers of heads do not go together.
    """

    head_dim: int
    num_query_heads: int
    num_key_value_heads: int
    dropout: float = 0.0
    use_bias: bool = True
    sliding_window: int | None = None
    flash_attention: bool | None = None
    kernel_initializer: InitializerField = "glorot_uniform"
    bias_initializer: InitializerField = "zeros"
    kernel_regularizer: RegularizerField = None
    bias_regularizer: RegularizerField = None
    activity_regularizer: RegularizerField = None
    kernel_constraint: ConstraintField = None
    bias_constraint: ConstraintField = None
    use_gate: bool = False
    seed: Any = None

    keras_name = "GroupQueryAttention"

    def validate(self) -> None:
        for name in ("head_dim", "num_query_heads", "num_key_value_heads"):
            per_axis(getattr(self, name), 1, name, type(self).__name__)
        if self.num_query_heads % self.num_key_value_heads:
            raise ValueError(
                "`num_query_heads` must be a multiple of `num_key_value_heads`. "
                f"Received: {self.num_query_heads} and {self.num_key_value_heads}."
            )
        self.num_repeats = self.num_query_heads // self.num_key_value_heads
        self.check_heads()

    def build(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> None:
        key_shape = value_shape if key_shape is None else key_shape
        queries = (None, self.num_query_heads, self.head_dim)
        others = (None, self.num_key_value_heads, self.head_dim)
        self._query_dense = self.projection("bqm,muh->bquh", queries, "uh", "query")
        self._query_dense.build(query_shape)
        self._key_dense = self.projection("bkm,mvh->bkvh", others, "vh", "key")
        self._key_dense.build(key_shape)
        self._gate_dense = None
        if self.use_gate:
            self._gate_dense = self.projection("bqm,muh->bquh", queries, "uh", "gate", "sigmoid")
            self._gate_dense.build(query_shape)
        self._value_dense = self.projection("bkm,mvh->bkvh", others, "vh", "value")
        self._value_dense.build(value_shape)
        self._softmax = Softmax(axis=-1, dtype=self.dtype_policy)
        self._dropout_layer = Dropout(self.dropout, dtype=self.dtype_policy, seed=self.seed)
        self._output_dense = self.projection(
            "bquh,uhm->bqm", (None, query_shape[-1]), "m", "attention_output"
        )
        self._output_dense.build((None, None, self.num_query_heads, self.head_dim))

    def call(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: Any = None,
        use_causal_mask: bool = False,
    ) -> Any:
        key = value if key is None else key
        kept = self.dropout > 0 or return_attention_scores
        masks = (query_mask, value_mask, key_mask, attention_mask)
        causal = self.causal_alone(use_causal_mask, *masks) and not kept
        mask = self.mask_of(
            query,
            value,
            use_causal_mask and not causal,
            query_mask=query_mask,
            value_mask=value_mask,
            key_mask=key_mask,
            attention_mask=attention_mask,
        )
        gate = None if self._gate_dense is None else self._gate_dense(query)
        keys = ops.repeat(self._key_dense(key), self.num_repeats, axis=2)
        values = ops.repeat(self._value_dense(value), self.num_repeats, axis=2)
        mask = None if mask is None else ops.expand_dims(mask, -3)
        scale = 1.0 / float(self.head_dim) ** 0.5
        weights = None
        if kept:
            scores = ops.einsum("bquh,bkuh->buqk", self._query_dense(query) * scale, keys)
            weights = self._softmax(scores, mask=mask)
            dropped = self._dropout_layer(weights, training=training)
            result = ops.einsum("buqk,bkuh->bquh", dropped, values)
        else:
            result = ops.dot_product_attention(
                self._query_dense(query),
                keys,
                values,
                mask=mask,
                scale=scale,
                is_causal=causal,
                flash_attention=self.flash_attention,
            )
        result = self._output_dense(result if gate is None else result * gate)
        return (result, weights) if return_attention_scores else result


GroupQueryAttention = GroupedQueryAttention
register("layer", GroupedQueryAttention, "GroupQueryAttention")
