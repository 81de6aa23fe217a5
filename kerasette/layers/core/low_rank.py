"""Low-rank updates of a large weight: ``weight + (alpha / rank) * a @ b``, with ``a, b`` trained.

Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", 2021.
"""

from typing import Any

from kerasette import initializers, ops
from kerasette.layers.layer import Layer


class LowRank(Layer):
    """A layer with one large weight that may be trained by a low-rank update alone."""

    low_rank_weight = "kernel"  # the weight's name; the attribute is `_<name>`
    lora_enabled = False
    lora_rank: Any = None
    lora_alpha: Any = None

    def make_low_rank(self, shape: tuple[int, ...], **how: Any) -> None:
        """Make the large weight, and its update where a rank was given."""
        weight = self.add_weight(name=self.low_rank_weight, shape=shape, **how)
        setattr(self, f"_{self.low_rank_weight}", weight)
        own: Any = self
        if own.lora_rank:
            self.enable_lora(own.lora_rank, lora_alpha=own.lora_alpha)

    def low_rank_value(self) -> Any:
        """The weight, with the update added where there is one.

        Raises: AttributeError where the layer is not built.
        """
        weight = self.__dict__.get(f"_{self.low_rank_weight}")
        if weight is None:
            raise AttributeError(f"Layer {self.name!r} is not built: its weights do not exist yet.")
        if not self.lora_enabled:
            return weight
        update = ops.matmul(self.lora_a, self.lora_b)
        return weight + (self.lora_alpha / self.lora_rank) * update

    def enable_lora(
        self,
        rank: int,
        a_initializer: Any = "he_uniform",
        b_initializer: Any = "zeros",
        lora_alpha: float | None = None,
    ) -> None:
        """Freeze the large weight and train an update of ``rank`` in its place.

        Raises: ValueError where the layer is not built, or has an update already.
        """
        weight = self.__dict__.get(f"_{self.low_rank_weight}")
        if weight is None:
            raise ValueError(f"Build layer {self.name!r} before `enable_lora`.")
        if self.lora_enabled:
            raise ValueError(f"Layer {self.name!r} has a low-rank update already.")
        name = self.low_rank_weight
        self.lora_a = self.add_weight(
            name=f"lora_{name}_a",
            shape=(*weight.shape[:-1], rank),
            initializer=initializers.get(a_initializer),
        )
        self.lora_b = self.add_weight(
            name=f"lora_{name}_b",
            shape=(rank, weight.shape[-1]),
            initializer=initializers.get(b_initializer),
        )
        weight.trainable = False
        self.lora_rank = rank
        self.lora_alpha = lora_alpha if lora_alpha is not None else rank
        self.lora_enabled = True

    def save_own_variables(self, store: Any) -> None:
        """Files hold the weight with the update merged into it, as Keras's do."""
        if not self.lora_enabled:
            super().save_own_variables(store)
            return
        kept = [v for v in self._own_variables if v is not self.lora_a and v is not self.lora_b]
        large = self.__dict__[f"_{self.low_rank_weight}"]
        kept.sort(key=lambda v: v is not large)
        for index, variable in enumerate(kept):
            value = self.low_rank_value() if variable is large else variable
            store[str(index)] = ops.convert_to_numpy(value)

    def load_own_variables(self, store: Any) -> None:
        """Load the large weight; an update begins at zero again."""
        if not self.lora_enabled:
            super().load_own_variables(store)
            return
        large = self.__dict__[f"_{self.low_rank_weight}"]
        kept = [v for v in self._own_variables if v is not self.lora_a and v is not self.lora_b]
        kept.sort(key=lambda v: v is not large)
        for index, variable in enumerate(kept):
            variable.assign(store[str(index)])
        self.lora_a.assign(ops.zeros(self.lora_a.shape))
        self.lora_b.assign(ops.zeros(self.lora_b.shape))
