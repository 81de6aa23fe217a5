"""A workload in JAX: ``python -m benchmarks.gpu.jax_side WORKLOAD DTYPE [rehearse]``.

JAX has no device events: the clock is that of the host, around steps that are waited for.
"""

import os
import sys

if "rehearse" in sys.argv:
    os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp

from benchmarks.gpu import jax_models, sizes


def main(name: str, dtype: str, rehearse: bool) -> None:
    """Train on one batch again and again, and print the time of a step."""
    if dtype == "float32" and name not in ("resnet50", "resnet", "mnist_cnn"):
        jax.config.update("jax_default_matmul_precision", "float32")  # convolutions keep TF32
    weights, forward = jax_models.made(name, rehearse)
    x, y = (jnp.asarray(part) for part in sizes.batch_of(name, rehearse))

    def narrowed(tree):
        return jax.tree.map(lambda a: a.astype(dtype) if a.dtype == jnp.float32 else a, tree)

    def loss(weights, key):
        out = forward(narrowed(weights), narrowed(x), key).astype(jnp.float32)
        if name.startswith("lstm"):
            return (jax.nn.softplus(out) - out * y).mean()
        chosen = jnp.take_along_axis(jax.nn.log_softmax(out), y[..., None], -1)
        return -chosen.mean()

    @jax.jit
    def step(weights, first, second, count):
        key = jax.random.fold_in(jax.random.key(0), count.astype(jnp.int32))
        value, gradients = jax.value_and_grad(loss)(weights, key)
        count = count + 1
        if name in ("iris", "resnet"):  # momentum
            first = jax.tree.map(lambda m, g: 0.9 * m + g, first, gradients)
            weights = jax.tree.map(lambda w, m: w - 0.1 * m, weights, first)
            return weights, first, second, count, value
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradients)
        rate = 1e-3 * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        weights = jax.tree.map(
            lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-7), weights, first, second
        )
        return weights, first, second, count, value

    zeros = jax.tree.map(jnp.zeros_like, weights)
    state = [weights, zeros, zeros, jnp.zeros(()), None]

    def run() -> None:
        state[:] = step(*state[:4])

    clock = sizes.wall_clock(lambda: jax.block_until_ready(state))
    sizes.report(step_ms=sizes.measured(run, clock, rehearse), version=jax.__version__)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], "rehearse" in sys.argv[3:])
