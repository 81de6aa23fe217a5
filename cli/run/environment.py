"""What a run was made with: versions, machine, command."""

import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = ("kerasette", "numpy", "h5py", "tqdm", "click", "ml_dtypes", "pydantic", "ruamel.yaml",
            "llvmlite", "onednn-cpu-gomp", "cupy-cuda12x", "cupy-cuda13x", "pandas", "pyarrow",
            "pillow")  # fmt: skip


def versions() -> dict[str, str]:
    """The versions of the packages that matter and are installed."""
    import kerasette

    found = {"kerasette": kerasette.__version__}
    for name in PACKAGES[1:]:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def processor() -> str:
    """The processor's name."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def describe() -> dict[str, Any]:
    """All of it as plain values."""
    from kerasette.arrays.device import current_device

    return {
        "command": ["kerasette", *sys.argv[1:]],
        "folder": os.getcwd(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "machine": platform.machine(),
        "processor": processor(),
        "cores": cores(),
        "device": current_device(),
        "threads": os.environ.get("OMP_NUM_THREADS"),
        "packages": versions(),
    }


DECISIVE = ("kerasette", "numpy", "llvmlite", "onednn-cpu-gomp", "cupy-cuda12x", "cupy-cuda13x")


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What has changed since a run began and may change the last bits of its results."""
    places = ("processor", "cores", "threads", "device")
    old, new = before.get("packages", {}), now["packages"]
    pairs = [(name, before[name], now[name]) for name in places if name in before]
    pairs += [(name, old.get(name, "none"), new.get(name, "none")) for name in DECISIVE]
    return [f"{name}: {was}, now {is_}" for name, was, is_ in pairs if was != is_]
