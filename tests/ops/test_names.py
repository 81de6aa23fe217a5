"""``ops`` offers exactly what ``keras.ops`` does: each name, each signature, and no name more.

``data/signatures.txt`` holds Keras 3.15's, one a line, namespaces before the name.
"""

import importlib
import inspect
import pathlib
import pkgutil
from typing import Any

import pytest

from kerasette import ops, registry
from kerasette.core.history import OpCall

LINES = (pathlib.Path(__file__).parent / "data" / "signatures.txt").read_text().splitlines()
SIGNATURES = {line.partition("(")[0]: line for line in LINES}
SPACES = ("image", "linalg", "nn", "numpy")
TOP = {name for name in SIGNATURES if "." not in name}
PATHS = [path for path in SIGNATURES if path in TOP or path.startswith("image.")]
# Where Keras's own class is not what the function's name says; files name the class.
CLASSES = {
    "abs": "Absolute", "expand_dims": "ExpandDims", "fft2": "FFT2", "matmul": "Matmul",
    "layer_normalization": "LayerNorm", "swish": "Silu", "log1p": "Log1p", "isin": "IsIn",
}  # fmt: skip


def _object(path: str) -> Any:
    found: Any = ops
    for part in path.split("."):
        found = getattr(found, part)
    return found


def _signature(path: str) -> str:
    """The signature in the table's form: no annotations, nothing of ``**kwargs``."""
    parts, starred = [], False
    for p in inspect.signature(_object(path)).parameters.values():
        if p.kind is p.VAR_KEYWORD:
            continue
        if p.kind is p.VAR_POSITIONAL:
            parts.append(f"*{p.name}")
            starred = True
            continue
        if p.kind is p.KEYWORD_ONLY and not starred:
            parts.append("*")
            starred = True
        parts.append(p.name if p.default is p.empty else f"{p.name}={p.default!r}")
    return f"{path}({', '.join(parts)})"


def test_names_are_those_of_keras() -> None:
    """No more, no less, and ``dir`` shows no others."""
    assert set(ops.__all__) == TOP | set(SPACES)
    assert set(dir(ops)) == set(ops.__all__)
    assert len(ops.__all__) == len(set(ops.__all__))


@pytest.mark.parametrize("space", SPACES)
def test_namespaces_are_those_of_keras(space: str) -> None:
    """``ops.numpy`` and its like: the same objects as above, where they are there, too."""
    names = {name.partition(".")[2] for name in SIGNATURES if name.startswith(f"{space}.")}
    module = getattr(ops, space)
    assert set(module.__all__) == names
    for name in names & TOP:
        assert getattr(module, name) is getattr(ops, name)


@pytest.mark.parametrize("path", SIGNATURES)
def test_signature_is_that_of_keras(path: str) -> None:
    """Parameters by name, order, kind and default."""
    assert _signature(path) == SIGNATURES[path]


@pytest.mark.parametrize("path", PATHS)
def test_docstring_says_what_it_does(path: str) -> None:
    """Every public operation is documented."""
    assert (_object(path).__doc__ or "").strip()


@pytest.mark.parametrize("info", pkgutil.iter_modules(ops.__path__), ids=lambda info: info.name)
def test_families_declare_public_names(info: pkgutil.ModuleInfo) -> None:
    """What a file says is public is what ``ops`` offers of it."""
    module = importlib.import_module(f"kerasette.ops.{info.name}")
    for name in module.__all__:
        path = name if name in TOP else f"image.{name}"
        assert path in SIGNATURES
        assert getattr(module, name) is _object(path)


@pytest.mark.parametrize("path", PATHS)
def test_registered(path: str) -> None:
    """Files find an operation by its own name and by that of Keras's class."""
    op = _object(path)
    assert registry.find(path.rpartition(".")[2], "operation") is op
    assert registry.find(OpCall(op).class_name, "operation") is op


@pytest.mark.parametrize("name", CLASSES)
def test_class_names(name: str) -> None:
    """The name under which Keras files know an operation."""
    assert OpCall(getattr(ops, name)).class_name == CLASSES[name]
