"""``SpectralNormalization`` (Miyato et al., 2018)."""

from typing import Any

from kerasette import initializers, ops
from kerasette.layers.core.wrapper import Wrapper
from kerasette.layers.input_spec import InputSpec
from kerasette.registry import register


class SpectralNormalization(Wrapper):
    """Keeps the largest singular value of a layer's kernel at 1 while it is trained.

    Args:
        layer: a layer with a ``kernel`` or ``embeddings``.
        power_iterations: steps of the power method at each call in training.

    >>> layer = kerasette.layers.SpectralNormalization(kerasette.layers.Dense(2))
    >>> layer(ops.ones((3, 4))).shape
    (3, 2)

    Raises: ValueError for a layer without such a weight.
    """

    def __init__(self, layer: Any, power_iterations: int = 1, **kwargs: Any):
        super().__init__(layer, **kwargs)
        if power_iterations <= 0:
            raise ValueError(f"`power_iterations` must be positive. Received: {power_iterations}.")
        self.power_iterations = power_iterations

    def build(self, input_shape: Any = None) -> None:
        if not self.layer.built:
            self.layer.build(input_shape)
        self.input_spec = InputSpec(min_ndim=1, axes={-1: input_shape[-1]})
        found = getattr(self.layer, "kernel", None)
        found = getattr(self.layer, "embeddings", None) if found is None else found
        if found is None:
            raise ValueError(
                f"SpectralNormalization needs a layer with a kernel or embeddings. "
                f"Received: {type(self.layer).__name__}."
            )
        self.kernel = found
        self.vector_u = self.add_weight(
            shape=(1, found.shape[-1]),
            initializer=initializers.TruncatedNormal(stddev=0.02),
            trainable=False,
            name="vector_u",
            dtype=found.dtype,
        )

    def call(self, inputs: Any, training: Any = False) -> Any:
        if training:
            kernel = ops.convert_to_tensor(self.kernel)
            vector = ops.convert_to_tensor(self.vector_u)
            empty = ops.all(ops.equal(kernel, 0))
            new_vector, new_kernel = ops.cond(
                empty, lambda: (vector, kernel), lambda: self.normalized_weights()
            )
            self.vector_u.assign(new_vector)
            self.kernel.assign(new_kernel)
        return ops.cast(self.layer(inputs), inputs.dtype)

    def normalized_weights(self) -> tuple[Any, Any]:
        """The singular vector, and the kernel divided by the singular value."""
        kernel = ops.convert_to_tensor(self.kernel)
        weights = ops.reshape(kernel, (-1, kernel.shape[-1]))
        u = ops.convert_to_tensor(self.vector_u)
        v = u
        for _ in range(self.power_iterations):
            v = _unit(ops.matmul(u, ops.transpose(weights)))
            u = _unit(ops.matmul(v, weights))
        u, v = ops.stop_gradient(u), ops.stop_gradient(v)
        sigma = ops.matmul(ops.matmul(v, weights), ops.transpose(u))
        divided = ops.reshape(kernel / sigma, kernel.shape)
        return ops.cast(u, self.vector_u.dtype), ops.cast(divided, kernel.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "power_iterations": self.power_iterations}


def _unit(x: Any) -> Any:
    return ops.normalize(x, axis=None)


register("layer", SpectralNormalization)
