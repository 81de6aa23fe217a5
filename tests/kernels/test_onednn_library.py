"""oneDNN is found, or missed politely."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kerasette.kernels.cpu import threads
from kerasette.kernels.cpu.onednn import library

ROOT = Path(__file__).resolve().parents[2]


def said(script, **environment):
    """What a script prints in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


CONVOLVE = """
import numpy as np
from kerasette import ops
from kerasette.kernels.cpu.onednn.library import in_words
print(ops.conv(np.ones((1, 4, 4, 1), "float32"), np.ones((3, 3, 1, 2), "float32")).numpy().sum())
print(in_words())
"""


def test_without_it_reference_code_is_used_and_the_reason_is_known():
    total, words = said(CONVOLVE, KERASETTE_ONEDNN="/nowhere/libdnnl.so.3").split("\n")
    assert total == "72.0"
    assert words.startswith("oneDNN (libdnnl.so.3) was not found") or "Linux" in words


def test_file_that_is_no_library(tmp_path):
    file = tmp_path / "libdnnl.so.3"
    file.write_text("no library")
    total, words = said(CONVOLVE, KERASETTE_ONEDNN=str(file)).split("\n")
    assert total == "72.0"
    assert words.startswith("oneDNN could not be used: ") or "libgomp" in words or "Linux" in words


@pytest.mark.skipif(library.onednn() is None, reason=library.in_words())
def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.setattr(threads, "openmp", lambda: None)
    found, reason = library._opened.__wrapped__()
    assert found is None and "libgomp" in reason
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "Linux" in library._opened.__wrapped__()[1]


@pytest.mark.skipif(library.onednn() is None, reason=library.in_words())
def test_failures_are_errors():
    found = library.onednn()
    assert found.version in library.in_words() and found.path in library.in_words()
    with pytest.raises(library.Unsupported, match="invalid arguments"):
        found.new("dnnl_memory_desc_create_with_tag", 99, None, 3, 1)


def test_switched_off():
    script = "from kerasette.core import kernels; print(kernels._candidates('conv', 'cpu'))"
    assert said(script, KERASETTE_KERNELS="0") == "()"
