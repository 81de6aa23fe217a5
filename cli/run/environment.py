"""What a run was made with: versions, machine, command."""

import os
import platform
import sys
from importlib import metadata
from typing import Any

PACKAGES = ("numpy", "h5py", "tqdm", "click", "ml_dtypes", "pydantic", "ruamel.yaml", "llvmlite",
            "onednn-cpu-gomp", "cupy-cuda12x", "cupy-cuda13x", "pandas", "pyarrow",
            "pillow")  # fmt: skip


def versions() -> dict[str, str]:
    """The versions of the packages that matter and are installed."""
    import kerasette

    found = {"kerasette": kerasette.__version__}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def processor() -> str:
    """The processor's name."""
    from kerasette.training import environment

    return environment.processor()


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def describe() -> dict[str, Any]:
    """All of it as plain values: also what ``kerasette.training.environment`` compares."""
    from kerasette.training import environment

    return environment.describe() | {
        "command": ["kerasette", *sys.argv[1:]],
        "folder": os.getcwd(),
        "system": platform.platform(),
        "packages": versions(),
    }
