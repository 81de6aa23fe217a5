"""Every example in a docstring runs and prints what it says.

An example may use ``kerasette`` (also as ``keras``), its parts by name (``ops``, ``layers``…),
``np``, what its own module defines, and a small ``model`` that takes ``x`` to ``y``: the one that
runs through the documentation. It runs in an empty folder.
"""

import doctest
import importlib
from pathlib import Path

import numpy as np
import pytest

import kerasette

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("ops", "layers", "losses", "metrics", "models", "optimizers", "random", "tree")


def modules_with_examples():
    for path in sorted((ROOT / "kerasette").rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if name != "kerasette.cli" and ">>>" in path.read_text(encoding="utf-8"):
            yield name


def examples_of(module):
    """The examples of functions, classes and methods, and of objects such as primitives."""
    tests = doctest.DocTestFinder(exclude_empty=True).find(module)
    found = {test.name for test in tests}
    parser = doctest.DocTestParser()
    for name, value in vars(module).items():
        full = f"{module.__name__}.{name}"
        ours = getattr(value, "__module__", None) == module.__name__
        if ours and full not in found and isinstance(value.__doc__, str):
            tests.append(parser.get_doctest(value.__doc__, vars(module), full, module.__file__, 0))
    return [test for test in tests if test.examples]


def running_example():
    """A model of two features and one output, and eight samples for it."""
    model = kerasette.Sequential([kerasette.Input((2,)), kerasette.layers.Dense(1)])
    x = np.linspace(0, 1, 16, dtype="float32").reshape(8, 2)
    return {"model": model, "x": x, "y": x.sum(axis=1, keepdims=True)}


@pytest.mark.parametrize("name", list(modules_with_examples()))
def test_examples_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    runner = doctest.DocTestRunner(verbose=False, optionflags=flags)
    reports = []
    tests = examples_of(importlib.import_module(name))
    for test in tests:
        text = "".join(example.source for example in test.examples)
        parts = {part: getattr(kerasette, part) for part in PARTS if part in text}
        # What the module defines comes last: it may have a thing of a part's name.
        test.globs = {"kerasette": kerasette, "keras": kerasette, "np": np, **parts, **test.globs}
        if "model" in text and "model" not in test.globs:
            test.globs |= running_example()
        runner.run(test, out=reports.append)
    assert "".join(reports) == ""
    assert tests, f"{name} shows examples that belong to no function or class"
