"""Every test of this folder runs with the device switched: a GPU, or without one the stand-in.

On a GPU all of it runs. Over the stand-in one in five of the many cases that are collected from the
suites of the CPU, which are the same ones each time; ``KERASETTE_STANDIN=all`` runs them all.
"""

import os
import pathlib
import sys
import zlib

import pytest

import kerasette
from kerasette.arrays import device as devices
from tests.gpu import standin

REAL = devices.gpu_count() > 0
if "cupyx" in sys.modules:
    _ = sys.modules["cupyx"].errstate  # cupy loads it when it is first asked for something
CUPY_ITSELF = (sys.modules["cupy"], sys.modules["cupyx"]) if "cupy" in sys.modules else None
EVERY = REAL or os.environ.get("KERASETTE_STANDIN") == "all"
HERE = pathlib.Path(__file__).parent


def pytest_report_header() -> str:
    """Says on what the tests of this folder run."""
    if REAL:
        return f"tests/gpu: on a GPU, cupy {devices.cupy_module().__version__}"
    return "tests/gpu: no GPU with cupy found, so over a stand-in for cupy (tests/gpu/standin.py)"


def pytest_collection_modifyitems(items: list) -> None:
    """Leaves out what would take too long over the stand-in."""
    if EVERY:
        return

    def wanted(item: pytest.Item) -> bool:
        if item.path.parent != HERE or item.path.name not in ("test_ops.py", "test_golden.py"):
            return True
        return zlib.crc32(item.name.encode()) % 5 == 0

    items[:] = [item for item in items if wanted(item)]


@pytest.fixture(autouse=True)
def switched():
    """New tensors are made on "gpu:0" while a test runs."""
    before = devices._default
    try:
        if REAL:
            kerasette.config.set_device("gpu:0")
            yield
        else:
            with standin.installed():
                kerasette.config.set_device("gpu:0")
                yield
    finally:
        devices._default = before
