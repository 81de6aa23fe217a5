"""Run the cases under Keras on JAX: ``KERAS_BACKEND=jax python tests/golden/compare_backends.py``.

The golden files come from one backend of Keras. Where another backend of the same Keras disagrees,
the value is that backend's own and no measure for kerasette: such a case is changed or left out,
with the reason in its table. Prints what differs; a few lines are known and harmless: JAX narrows
64 bits to 32, and raises an error where torch takes whole numbers or needs no ``num_segments``.
"""

import os
import pathlib
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

os.environ["KERAS_BACKEND"] = "jax"
sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))

from tests.golden import harness


def jax_gradients(keras: Any, forward: Callable, tensors: list, variables: list) -> tuple:
    """``forward``'s outputs, and gradients of its weighted sum, by ``jax.grad``."""
    import jax

    def total(free: list, values: list) -> Any:
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            _, found = forward(*free)
        return 0.0 if found is None else found

    values = [variable.value for variable in variables]
    by_tensors, by_values = jax.grad(total, argnums=(0, 1))(list(tensors), values)
    outputs, _ = forward(*tensors)
    return outputs, [*by_tensors, *by_values]


def main(wanted: list[str]) -> None:
    """Compare the named families, or all."""
    import keras

    warnings.simplefilter("ignore")
    harness.gradients = jax_gradients
    tables = harness.families()
    for family in wanted or tables:
        stored = harness.stored(family)
        for name, case in tables[family].cases.items():
            try:
                got = harness.pack(case.run(keras))
                text = harness.difference(stored[name], got, case.tolerance)
            except Exception as error:
                text = f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"
            if text:
                print(f"{family}: {name}: {text[:200]}", flush=True)


if __name__ == "__main__":
    np.seterr(all="ignore")
    main(sys.argv[1:])
