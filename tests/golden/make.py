"""Write the golden files with real Keras: ``python tests/golden/make.py [family ...]``.

Needs Keras (the version in ``VERSION``) and PyTorch; kerasette itself never does. Each family of
cases becomes ``data/<family>.npz``, and the public names of Keras become ``data/names.json``.
"""

import json
import os
import pathlib
import sys
import traceback
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))

from tests.golden import harness

VERSION = "3.15.1"
NAMESPACES = (
    "ops ops.nn ops.numpy ops.linalg ops.image activations layers losses metrics optimizers "
    "optimizers.schedules initializers regularizers constraints"
).split()


def torch_gradients(keras: Any, forward: Callable, tensors: list, variables: list) -> tuple:
    """``forward``'s outputs, and gradients of its weighted sum, by torch's autograd."""
    import torch

    tensors = [tensor.detach().clone().requires_grad_() for tensor in tensors]
    outputs, total = forward(*tensors)
    sources = [*tensors, *(variable.value for variable in variables)]
    if total is None or not total.requires_grad:
        return outputs, [None] * len(sources)
    return outputs, torch.autograd.grad(total, sources, allow_unused=True)


def public_names(keras: Any) -> dict[str, list[str]]:
    """What ``dir`` of each namespace shows, without modules and private names."""
    found = {}
    for space in NAMESPACES:
        module = harness.find(keras, space)
        found[space] = sorted(
            name
            for name in dir(module)
            if not name.startswith("_") and type(getattr(module, name)).__name__ != "module"
        )
    return found


def make(keras: Any, table: harness.Cases) -> int:
    """Write one family's file; cases that fail are reported, and then nothing is written."""
    arrays: dict[str, np.ndarray] = {"version": np.asarray(keras.__version__)}
    failed = 0
    for name, case in table.cases.items():
        try:
            keras.utils.clear_session()  # names count from the start
            outputs = harness.pack(case.run(keras))
        except Exception:
            failed += 1
            print(f"--- {table.family}: {name}\n{traceback.format_exc(limit=-1)}")
            continue
        for output, array in outputs.items():
            if array.dtype.kind in "fc" and not np.isfinite(array).all():
                print(f"not finite: {table.family}: {name}: {output}")
            arrays[f"{name}/{output}"] = array
    if not failed:
        np.savez_compressed(harness.DATA / f"{table.family}.npz", **arrays)
    print(f"{table.family}: {len(table.cases)} cases, {len(arrays)} arrays, {failed} failed")
    return failed


def main(wanted: list[str]) -> int:
    """Make the named families, or all."""
    import keras

    if keras.__version__ != VERSION or keras.backend.backend() != "torch":
        raise SystemExit(f"Expected Keras {VERSION} on torch. Received: {keras.__version__}")
    warnings.simplefilter("ignore")
    harness.gradients = torch_gradients
    harness.DATA.mkdir(exist_ok=True)
    names = json.dumps(public_names(keras), indent=1) + "\n"
    (harness.DATA / "names.json").write_text(names)
    tables = harness.families()
    return sum(make(keras, tables[family]) for family in wanted or tables)


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
