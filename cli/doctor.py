"""What is installed and in use on this machine, and what would make it faster."""

import importlib.util
import os
import platform
import shutil
import subprocess
from typing import Any

from .run.environment import cores, processor, versions

_KINDS_OF_INPUT = {
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
        "cores": f"{count} for this process",
        "threads of numpy": threads or f"{count}, one for each core",
        "matrix products": f"numpy with {library.get('name')} {library.get('version', '')}".strip(),
    }


def _compiled(advice: list[str]) -> dict[str, str]:
    """Which kernels there are for the processor, and how many threads they use."""
    if os.environ.get("KERASETTE_KERNELS", "1") == "0":
        advice.append("KERASETTE_KERNELS=0 switches the kernels off; without it steps are faster.")
        return {"kernels": "switched off by KERASETTE_KERNELS=0"}
    from kerasette.kernels import cpu
    from kerasette.kernels.cpu import threads
    from kerasette.kernels.cpu.onednn.library import onednn

    has_llvm = importlib.util.find_spec("llvmlite") is not None
    has_onednn = onednn() is not None
    found = {
        "oneDNN": _in_use(has_onednn, "onednn-cpu-gomp", cpu.ONEDNN),
        "LLVM": _in_use(has_llvm, "llvmlite", cpu.LLVM),
        "their threads": str(threads.count()),
    }
    if threads.openmp() is None:
        found["their threads"] = "1: there is no OpenMP library (libgomp)"
    if not has_llvm or not has_onednn:
        advice.append("pip install 'kerasette[fast]' brings kernels for the processor.")
    return found


def _in_use(is_there: bool, package: str, operations: tuple[str, ...]) -> str:
    from importlib import metadata

    if not is_there:
        return "not found; its operations run as numpy's"
    try:
        version = f", {metadata.version(package)}"
    except metadata.PackageNotFoundError:
        version = ""  # the system's own
    return f"in use{version}: {', '.join(operations)}"


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
        **(_libraries(advice) if usable else {}),
    }


def _libraries(advice: list[str]) -> dict[str, str]:
    """CUDA's libraries beside cupy, each of which may be missing."""
    from kerasette.kernels.gpu import cublaslt, cudnn, driver

    frontend = cudnn.library()
    found = {
        "NVRTC": "in use" if driver.driver() else "not found; nothing is generated",
        "cuBLASLt": "in use" if cublaslt.library() else "not found; products are cuBLAS's",
        "cuDNN": "not found; convolutions are products, attention is made of parts",
    }
    if frontend is not None:
        found["cuDNN"] = f"in use, {frontend.backend_version()}"
    if any("not found" in value for value in found.values()):
        advice.append("pip install 'kerasette[cuda12]' (or cuda13) brings all libraries of CUDA.")
    return found


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
