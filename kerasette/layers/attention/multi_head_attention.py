"""``MultiHeadAttention`` (Vaswani et al., "Attention Is All You Need", 2017)."""

import string
from typing import Any

from kerasette import ops
from kerasette.constraints import ConstraintField
from kerasette.declared import declared
from kerasette.initializers import InitializerField
from kerasette.layers.activations.softmax import Softmax
from kerasette.layers.attention.masks import merged_mask
from kerasette.layers.convolutional.windows import per_axis
from kerasette.layers.core.einsum_dense import EinsumDense
from kerasette.layers.layer import Layer
from kerasette.layers.regularization.dropout import Dropout
from kerasette.regularizers import RegularizerField


class HeadsBase(Layer):
    """What layers of several heads share: their projections, and the masks."""

    def projection(
        self, equation: str, shape: Any, bias_axes: str, name: str, activation: Any = None
    ) -> EinsumDense:
        """A projection with this layer's initializers, penalties and constraints."""
        own: Any = self
        return EinsumDense(
            equation,
            output_shape=shape,
            bias_axes=bias_axes if own.use_bias else None,
            activation=activation,
            name=name,
            kernel_initializer=_anew(own.kernel_initializer),
            bias_initializer=_anew(own.bias_initializer),
            kernel_regularizer=own.kernel_regularizer,
            bias_regularizer=own.bias_regularizer,
            activity_regularizer=own.activity_regularizer,
            kernel_constraint=own.kernel_constraint,
            bias_constraint=own.bias_constraint,
            dtype=self.dtype_policy,
        )

    def check_heads(self) -> None:
        """Check what the layers of several heads have in common."""
        own: Any = self
        if own.sliding_window is not None:
            per_axis(own.sliding_window, 1, "sliding_window", type(self).__name__)
        if own.flash_attention and own.dropout > 0:
            raise ValueError(
                "Flash attention goes without dropout. "
                f"Received: flash_attention=True, dropout={own.dropout}."
            )
        self.supports_masking = True

    def causal_alone(self, causal: bool, *masks: Any) -> bool:
        """Whether nothing but causality says what attends to what: kernels know that by itself."""
        own: Any = self
        return causal and own.sliding_window is None and all(mask is None for mask in masks)

    def mask_of(self, query: Any, value: Any, causal: bool, **masks: Any) -> Any:
        """All masks made one."""
        own: Any = self
        lengths = (query.shape[1], value.shape[1])
        return merged_mask(lengths, causal=causal, window=own.sliding_window, **masks)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        return previous_mask

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("flash_attention", None)
        return config


def _anew(initializer: Any) -> Any:
    """An initializer like another: one object would give equal weights to all projections."""
    return type(initializer).from_config(initializer.get_config())


@declared
class MultiHeadAttention(HeadsBase):
    """Attention by several heads at once.

    Called on ``query (batch, queries, dim)``, ``value (batch, values, dim)`` and, if it is another
    tensor, ``key``; gives ``(batch, queries, dim)``.

    Args:
        num_heads: the number of heads.
        key_dim: the size of each head's queries and keys.
        value_dim: the size of each head's values; ``key_dim`` by default.
        dropout: the share of the weights that is dropped in training.
        use_bias: whether projections have biases.
        output_shape: the last sizes of the output; the query's by default.
        attention_axes: the axes that are attended over; all but batch and features by default.
        sliding_window: how far a query sees.
        flash_attention: accepted as Keras does; kernels are chosen by themselves.
        kernel_initializer, bias_initializer: of the projections.
        kernel_regularizer, bias_regularizer, activity_regularizer: penalties.
        kernel_constraint, bias_constraint: applied after updates.
        use_gate: whether the result is multiplied by a learnt gate.
        seed: for the dropout.

    >>> layer = kerasette.layers.MultiHeadAttention(num_heads=2, key_dim=4)
    >>> layer(ops.ones((2, 3, 8)), ops.ones((2, 5, 8))).shape
    (2, 3, 8)

    Raises: ValueError where value and key have different lengths.
    """

    num_heads: int
    key_dim: int
    value_dim: int | None = None
    dropout: float = 0.0
    use_bias: bool = True
    output_shape: Any = None
    attention_axes: Any = None
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

    def validate(self) -> None:
        for name in ("num_heads", "key_dim"):
            per_axis(getattr(self, name), 1, name, type(self).__name__)
        self.value_dim = self.value_dim or self.key_dim
        if isinstance(self.attention_axes, int):
            self.attention_axes = (self.attention_axes,)
        elif self.attention_axes is not None:
            self.attention_axes = tuple(self.attention_axes)
        if self.output_shape is not None:
            shape = self.output_shape
            self.output_shape = (shape,) if isinstance(shape, int) else tuple(shape)
        self.check_heads()

    def build(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> None:
        key_shape = value_shape if key_shape is None else key_shape
        if tuple(value_shape[1:-1]) != tuple(key_shape[1:-1]):
            raise ValueError(
                "`value` and `key` must have equal sizes but for the last. "
                f"Received: value_shape={value_shape}, key_shape={key_shape}."
            )
        heads = self.num_heads
        rank = len(query_shape)
        self._query_dense = self._into_heads(query_shape, self.key_dim, "query")
        self._key_dense = self._into_heads(key_shape, self.key_dim, "key")
        self._gate_dense = None
        if self.use_gate:
            self._gate_dense = self._into_heads(query_shape, self.value_dim, "gate", "sigmoid")
        self._value_dense = self._into_heads(value_shape, self.value_dim, "value")
        if self.attention_axes is None:
            self._axes = tuple(range(1, rank - 1))
        else:
            self._axes = tuple(a if a >= 0 else rank + a for a in self.attention_axes)
        self._dot, self._combine, scores_rank = _attention_equations(rank + 1, self._axes)
        axes = tuple(range(scores_rank - len(self._axes), scores_rank))
        self._softmax = Softmax(axis=axes, dtype=self.dtype_policy)
        self._dropout_layer = Dropout(self.dropout, dtype=self.dtype_policy, seed=self.seed)
        sizes = list(self.output_shape or (query_shape[-1],))
        free = string.ascii_lowercase[: rank - 1]
        bound, out = "yz", string.ascii_lowercase[rank - 1 : rank - 1 + len(sizes)]
        self._output_dense = self.projection(
            f"{free}{bound},{bound}{out}->{free}{out}",
            (*(None,) * (rank - 2), *sizes),
            out,
            "attention_output",
        )
        self._output_dense.build((*query_shape[:-1], heads, self.value_dim))

    def _into_heads(self, shape: Any, size: Any, name: str, activation: Any = None) -> EinsumDense:
        """A projection of the last axis to ``(heads, size)``."""
        free = string.ascii_lowercase[: len(shape) - 1]
        made = self.projection(
            f"{free}x,xyz->{free}yz",
            (*(None,) * (len(shape) - 2), self.num_heads, size),
            "yz",
            name,
            activation,
        )
        made.build(shape)
        return made

    @property
    def query_dense(self) -> Any:
        """The projection of the query."""
        return self._query_dense

    @property
    def key_dense(self) -> Any:
        """The projection of the key."""
        return self._key_dense

    @property
    def value_dense(self) -> Any:
        """The projection of the value."""
        return self._value_dense

    @property
    def output_dense(self) -> Any:
        """The projection of the result."""
        return self._output_dense

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
        if self.flash_attention and return_attention_scores:
            raise ValueError(
                "Flash attention gives no scores: call without `return_attention_scores`, or make "
                "the layer with flash_attention=False. Received: return_attention_scores=True."
            )
        # As Keras does: of queries, the mask that they carry counts, not one given by hand.
        query_mask = getattr(query, "_keras_mask", None)
        kept = self.dropout > 0 or return_attention_scores or len(query.shape) != 3
        own = type(self)._compute_attention is not MultiHeadAttention._compute_attention
        how = {}
        masks = (query_mask, value_mask, key_mask, attention_mask)
        if self.causal_alone(use_causal_mask, *masks) and not kept and not own:
            how = {"causal": True}
        mask = self.mask_of(
            query,
            value,
            use_causal_mask and not how,
            query_mask=query_mask,
            value_mask=value_mask,
            key_mask=key_mask,
            attention_mask=attention_mask,
        )
        gate = None if self._gate_dense is None else self._gate_dense(query)
        result, scores = self._compute_attention(
            self._query_dense(query),
            self._key_dense(key),
            self._value_dense(value),
            mask,
            training,
            return_attention_scores,
            **how,
        )
        result = self._output_dense(result if gate is None else result * gate)
        return (result, scores) if return_attention_scores else result

    def _compute_attention(
        self,
        query: Any,
        key: Any,
        value: Any,
        attention_mask: Any = None,
        training: Any = None,
        return_attention_scores: bool = False,
        causal: bool = False,
    ) -> tuple[Any, Any]:
        """The heads' results, and the weights where they are asked for; may be overridden."""
        scale = 1.0 / float(self.key_dim) ** 0.5
        if not (self.dropout > 0 or return_attention_scores or len(query.shape) != 4):
            mask = None if attention_mask is None else ops.expand_dims(attention_mask, -3)
            found = ops.dot_product_attention(
                query,
                key,
                value,
                mask=mask,
                scale=scale,
                is_causal=causal,
                flash_attention=self.flash_attention,
            )
            return found, None
        scores = ops.einsum(self._dot, key, query * scale)
        if attention_mask is not None:
            place = -len(self._axes) * 2 - 1
            for _ in range(len(scores.shape) - len(attention_mask.shape)):
                attention_mask = ops.expand_dims(attention_mask, place)
        weights = self._softmax(scores, mask=attention_mask)
        kept = self._dropout_layer(weights, training=training) if self.dropout > 0 else weights
        return ops.einsum(self._combine, kept, value), weights

    def compute_mask(
        self, query: Any, value: Any = None, query_mask: Any = None, **kwargs: Any
    ) -> Any:
        return query_mask if query_mask is not None else value


def _attention_equations(rank: int, axes: tuple[int, ...]) -> tuple[str, str, int]:
    """The einsums of projected tensors of ``rank`` that attend over ``axes``.

    The first is (key, query) -> scores; the second (scores, value) -> result.
    """
    letters = iter(string.ascii_lowercase)
    target = [next(letters) for _ in range(rank)]
    batch = [i for i in range(rank) if i not in (*axes, rank - 1)]
    source = [target[i] if i in batch or i == rank - 1 else next(letters) for i in range(rank)]
    scores = [target[i] for i in batch] + [target[i] for i in axes] + [source[i] for i in axes]
    t, s, p = "".join(target), "".join(source), "".join(scores)
    return f"{s},{t}->{p}", f"{p},{s}->{t}", len(scores)
