"""``Attention`` and ``AdditiveAttention``: weighted means of values, by scores of keys."""

from typing import Any

from kerasette import ops, random
from kerasette.declared import declared
from kerasette.layers.attention.masks import causal_mask
from kerasette.layers.convolutional.windows import one_of
from kerasette.layers.layer import Layer


@declared
class Attention(Layer):
    """Dot-product attention (Luong et al., 2015).

    Called on ``[query, value]`` or ``[query, value, key]``, of shapes ``(batch, queries, dim)``,
    ``(batch, values, dim)`` and ``(batch, values, dim)``; gives ``(batch, queries, dim)``.

    Args:
        use_scale: whether a scale for the scores is learnt.
        score_mode: "dot", or "concat": the sum of ``tanh(query + key)``.
        dropout: the share of the weights that is dropped in training.
        seed: for the dropout.

    >>> query, value = ops.ones((2, 3, 4)), ops.ones((2, 5, 4))
    >>> kerasette.layers.Attention()([query, value]).shape
    (2, 3, 4)

    Raises: ValueError for inputs that are no list of two or three tensors.
    """

    use_scale: bool = False
    score_mode: str = "dot"
    dropout: float = 0.0
    seed: Any = None

    def validate(self) -> None:
        self.score_mode = one_of(self.score_mode, ("dot", "concat"), "score_mode", "Attention")
        self.prepare_scores()

    def prepare_scores(self) -> None:
        """What both kinds of attention need."""
        self.supports_masking = True
        self.scale: Any = None
        self.concat_score_weight: Any = None
        if self.dropout > 0:
            self.seed_generator = random.SeedGenerator(getattr(self, "seed", None))

    def build(self, input_shape: Any) -> None:
        self._check(input_shape)
        if self.use_scale:
            self.scale = self.add_weight(name="scale", shape=(), initializer="ones")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight(
                name="concat_score_weight", shape=(), initializer="ones"
            )

    def scores(self, query: Any, key: Any) -> Any:
        """How well each key fits each query: ``(batch, queries, values)``."""
        if self.score_mode == "dot":
            found = ops.matmul(query, ops.swapaxes(key, -2, -1))
            return found if self.scale is None else found * self.scale
        both = ops.expand_dims(query, -2) + ops.expand_dims(key, -3)
        if self.scale is not None:
            both = both * self.scale
        return self.concat_score_weight * ops.sum(ops.tanh(both), axis=-1)

    def call(
        self,
        inputs: Any,
        mask: Any = None,
        training: Any = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        self._check(inputs, mask)
        query, value = inputs[0], inputs[1]
        key = inputs[2] if len(inputs) > 2 else value
        query_mask, value_mask = (mask[0], mask[1]) if mask else (None, None)
        scores = self.scores(query, key)
        weights = ops.softmax(self._masked(scores, value_mask, use_causal_mask), axis=-1)
        if training and self.dropout > 0:
            weights = random.dropout(weights, self.dropout, seed=self.seed_generator)
        result = ops.matmul(weights, value)
        if query_mask is not None:
            kept = ops.expand_dims(ops.cast(query_mask, "bool"), -1)
            result = ops.where(kept, result, ops.zeros_like(result))
        return (result, weights) if return_attention_scores else result

    def _masked(self, scores: Any, value_mask: Any, causal: bool) -> Any:
        """Scores with a large number taken off where a value must not be seen."""
        allowed = None
        if value_mask is not None:
            allowed = ops.expand_dims(ops.cast(value_mask, "bool"), -2)
        if causal:
            below = causal_mask(scores.shape[-2], scores.shape[-1])
            allowed = below if allowed is None else ops.logical_and(allowed, below)
        if allowed is None:
            return scores
        large = 65504.0 if scores.dtype == "float16" else 1.0e9
        return ops.where(allowed, scores, scores - large)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        if not previous_mask or previous_mask[0] is None:
            return None
        return ops.convert_to_tensor(previous_mask[0])

    def _check(self, inputs: Any, mask: Any = None) -> None:
        for name, value in (("inputs", inputs), ("mask", mask)):
            if value is None:
                continue
            if not isinstance(value, (list, tuple)) or not 2 <= len(value) <= 3:
                raise ValueError(
                    f"{type(self).__name__} layer {self.name!r} is called on a list of two or "
                    f"three {name}: [query, value] or [query, value, key]. "
                    f"Received: {name} of type {type(value).__name__}"
                    + (f" and length {len(value)}." if hasattr(value, "__len__") else ".")
                )


@declared
class AdditiveAttention(Attention):
    """Additive attention (Bahdanau et al., 2014): scores are sums of ``scale * tanh(q + k)``.

    Args:
        use_scale: whether the scale ``(dim,)`` is learnt.
        dropout: the share of the weights that is dropped in training.

    >>> query, value = ops.ones((2, 3, 4)), ops.ones((2, 5, 4))
    >>> kerasette.layers.AdditiveAttention()([query, value]).shape
    (2, 3, 4)
    """

    __declared_fields__ = ()

    use_scale: bool = True
    dropout: float = 0.0

    def validate(self) -> None:
        self.prepare_scores()

    def build(self, input_shape: Any) -> None:
        self._check(input_shape)
        if self.use_scale:
            self.scale = self.add_weight(
                name="scale", shape=(input_shape[0][-1],), initializer="glorot_uniform"
            )

    def scores(self, query: Any, key: Any) -> Any:
        both = ops.tanh(ops.expand_dims(query, -2) + ops.expand_dims(key, -3))
        return ops.sum(both if self.scale is None else both * self.scale, axis=-1)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"seed": getattr(self, "seed", None)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "AdditiveAttention":
        config = dict(config)  # Keras's files hold the seed, which is no parameter of this layer
        seed = config.pop("seed", None)
        layer = super().from_config(config)
        layer.seed = seed
        layer.prepare_scores()
        return layer
