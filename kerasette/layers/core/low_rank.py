"""Low-rank updates of a large weight: ``weight + (alpha / rank) * a @ b``, with ``a, b`` trained.

Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", 2021.
"""

from typing import Any, ClassVar

import numpy as np

from kerasette import initializers, ops
from kerasette.layers.layer import Layer


class LowRank(Layer):
    """A layer with one large weight that may be trained by a low-rank update alone."""

    low_rank_weight = "kernel"  # the weight's name; the variable is the attribute `_<name>`
    in_files: ClassVar[tuple[str, ...]] = ("kernel", "bias")  # the own variables, in their order
    lora_enabled = False
    lora_rank: Any
    lora_alpha: Any

    def make_low_rank(self, shape: tuple[int, ...], **how: Any) -> None:
        """Make the large weight, and its update where a rank was given."""
        weight = self.add_weight(name=self.low_rank_weight, shape=shape, **how)
        setattr(self, f"_{self.low_rank_weight}", weight)
        if self.lora_rank:
            self._make_update(self.lora_rank, self.lora_alpha)

    def low_rank_value(self) -> Any:
        """The weight, with the update added where there is one.

        Raises: AttributeError where the layer is not built.
        """
        weight = self._large()
        if weight is None:
            raise AttributeError(f"Layer {self.name!r} is not built: its weights do not exist yet.")
        if not self.lora_enabled:
            return weight
        update = ops.matmul(*self._update())
        return weight + ops.cast((self.lora_alpha / self.lora_rank) * update, weight.dtype)

    @property
    def _own_variables(self) -> list[Any]:
        large = self._large()  # frozen, it is the first still
        return sorted(super()._own_variables, key=lambda variable: variable is not large)

    def _large(self) -> Any:
        return self.__dict__.get(f"_{self.low_rank_weight}")

    def _update(self) -> tuple[Any, Any]:
        name = self.low_rank_weight
        return getattr(self, f"lora_{name}_a"), getattr(self, f"lora_{name}_b")

    def enable_lora(
        self,
        rank: int,
        lora_alpha: float | None = None,
        a_initializer: Any = "he_uniform",
        b_initializer: Any = "zeros",
    ) -> None:
        """Freeze the large weight and train an update of ``rank`` in its place.

        Args:
            rank: the number of columns of ``a`` and of rows of ``b``.
            lora_alpha: the update's scale is ``lora_alpha / rank``; 1 by default.
            a_initializer: what ``a`` begins with.
            b_initializer: what ``b`` begins with; zeros leave the layer as it is at first.

        Raises: ValueError where the layer is not built, has an update already, or has a constraint
        on the weight.
        """
        if self._large() is None:
            raise ValueError(f"Build layer {self.name!r} before `enable_lora`.")
        if self.lora_enabled:
            raise ValueError(f"Layer {self.name!r} has a low-rank update already.")
        self._make_update(rank, lora_alpha, a_initializer, b_initializer)

    def _make_update(
        self, rank: int, alpha: Any, a_initializer: Any = "he_uniform", b_initializer: Any = "zeros"
    ) -> None:
        name, weight = self.low_rank_weight, self._large()
        if not isinstance(rank, int) or rank < 1:
            raise ValueError(f"`rank` must be a positive integer. Received: rank={rank!r}.")
        if weight.constraint is not None:
            raise ValueError(
                f"A weight with a constraint cannot have a low-rank update. Make layer "
                f"{self.name!r} without `{name}_constraint`."
            )
        parts = {
            "a": ((*weight.shape[:-1], rank), a_initializer),
            "b": ((rank, weight.shape[-1]), b_initializer),
        }
        for letter, (shape, initializer) in parts.items():
            part = self.add_weight(
                name=f"lora_{name}_{letter}",
                shape=shape,
                initializer=initializers.get(initializer),
                dtype="float32",  # small steps get lost in 16 bits
                regularizer=weight.regularizer,
            )
            setattr(self, f"lora_{name}_{letter}", part)
        weight.trainable = weight.starts_trainable = False
        self.lora_rank = rank
        self.lora_alpha = alpha if alpha is not None else rank
        self.lora_enabled = True

    @property
    def variable_serialization_spec(self) -> dict[Any, list[str]]:
        """The names of the layer's own variables in their order in files, by quantization mode
        (``None``: not quantized).
        """
        return {None: list(self.in_files)}

    def _kept(self) -> list[Any]:
        """The variables that files hold: all but the update."""
        names = (f"_{name}" if name == self.low_rank_weight else name for name in self.in_files)
        found = (self.__dict__.get(name) for name in names)
        return [variable for variable in found if variable is not None]

    def save_own_variables(self, store: Any) -> None:
        """Files hold the weight with the update merged into it, as Keras's do."""
        if not self.lora_enabled:
            super().save_own_variables(store)
            return
        for index, variable in enumerate(self._kept()):
            value = self.low_rank_value() if variable is self._large() else variable
            store[str(index)] = ops.convert_to_numpy(value)

    def load_own_variables(self, store: Any) -> None:
        """Load the large weight; an update begins at zero again.

        Raises: ValueError where the number or a shape differs.
        """
        if not self.lora_enabled:
            super().load_own_variables(store)
            return
        kept = self._kept()
        values = [np.asarray(store[key]) for key in map(str, range(len(store.keys())))]
        if [value.shape for value in values] != [variable.shape for variable in kept]:
            raise ValueError(
                f"Layer {self.name!r} has variables of shapes {[v.shape for v in kept]}, the file "
                f"has {[value.shape for value in values]} for it."
            )
        for variable, value in zip(kept, values, strict=True):
            variable.assign(value)
        for part in self._update():
            part.assign(ops.zeros(part.shape))

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        lora = {"lora_rank": self.lora_rank, "lora_alpha": self.lora_alpha}
        if self.lora_rank:
            return config | lora
        return {key: value for key, value in config.items() if key not in lora}


class LowRankKernel(LowRank):
    """A layer whose large weight is a kernel."""

    @property
    def kernel(self) -> Any:
        """The kernel, with its low-rank update where there is one."""
        return self.low_rank_value()
