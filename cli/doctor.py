"""What is installed and in use on this machine, and what would make it faster."""

import ctypes.util
import importlib.util
import os
import platform
import shutil
import subprocess
from typing import Any

from .run.environment import cores, processor, versions

_KINDS_OF_INPUT = {
    "pandas": "data frames",
    "pyarrow": "Parquet files",
    "PIL": "pictures beside PNG",
}


def examine() -> dict[str, Any]:
    """Facts by section, and advice in sentences."""
    advice: list[str] = []
    facts = {
        "Software": _software(),
        "Processor": _processor(advice),
        "Compiled steps": _compiled(advice),
        "GPU": _gpu(advice),
        "Kinds of input": _inputs(advice),
    }
    return {"facts": facts, "advice": advice}


def _software() -> dict[str, str]:
    found = {"python": f"{platform.python_version()} on {platform.system()} {platform.machine()}"}
    needed = ("kerasette", "numpy", "h5py", "tqdm", "click", "ml_dtypes", "pydantic", "ruamel.yaml")
    installed = versions()
    return found | {name: installed.get(name, "missing") for name in needed}


def _processor(advice: list[str]) -> dict[str, str]:
    import numpy as np

    library = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    count = cores()
    threads = os.environ.get("OMP_NUM_THREADS")
    if threads and threads.isdigit() and int(threads) < count:
        advice.append(f"OMP_NUM_THREADS={threads} leaves {count - int(threads)} cores unused.")
    return {
        "processor": processor(),
        "cores": f"{count} that this process may use",
        "threads": threads or f"{count}, one for each core",
        "matrix products": f"numpy with {library.get('name')} {library.get('version', '')}".strip(),
    }


def _compiled(advice: list[str]) -> dict[str, str]:
    llvm = importlib.util.find_spec("llvmlite") is not None
    onednn = _onednn()
    found = {
        "llvmlite": "installed" if llvm else "not installed",
        "oneDNN": onednn or "not found",
    }
    if importlib.util.find_spec("kerasette.kernels") is None:
        steps = "traced once, then a list of numpy calls"
        return {"steps": steps} | {name: f"{said}, not used yet" for name, said in found.items()}
    if not llvm or not onednn:
        advice.append("pip install 'kerasette[fast]' brings kernels for the processor.")
    return found


def _onednn() -> str | None:
    from importlib import metadata

    try:
        return f"installed, {metadata.version('onednn-cpu-gomp')}"
    except metadata.PackageNotFoundError:
        library = ctypes.util.find_library("dnnl")
        return f"found, {library}" if library else None


def _gpu(advice: list[str]) -> dict[str, str]:
    from kerasette.arrays import device

    cards = _cards()
    usable = device.gpu_count()
    if cards and not usable:
        advice.append("pip install 'kerasette[cuda12]' (or cuda13) makes the NVIDIA GPU usable.")
    return {
        "cards": ", ".join(cards) or "none found",
        "usable": f"{usable}" + ("" if usable else " (arrays live on the processor)"),
        "device in use": device.current_device(),
    }


def _cards() -> list[str]:
    if shutil.which("nvidia-smi") is None:
        return []
    command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [line.strip() for line in ran.stdout.splitlines() if line.strip()]


def _inputs(advice: list[str]) -> dict[str, str]:
    found = {}
    for module, what in _KINDS_OF_INPUT.items():
        is_there = importlib.util.find_spec(module) is not None
        found[what] = "yes" if is_there else f"needs {'pillow' if module == 'PIL' else module}"
    if any(value != "yes" for value in found.values()):
        advice.append("pip install 'kerasette[data]' reads the other kinds of input.")
    return found
