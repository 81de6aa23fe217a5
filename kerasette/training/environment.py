"""What the last bits of results depend on beside the program: versions, processor, threads."""

import functools
import platform
import sys
from pathlib import Path
from typing import Any

PACKAGES = ("numpy", "llvmlite", "onednn-cpu-gomp", "cupy-cuda12x", "cupy-cuda13x")
_PLACES = ("machine", "processor", "processor features", "cores", "threads", "device")


def describe() -> dict[str, Any]:
    """It as plain values."""
    from kerasette.arrays.device import current_device
    from kerasette.kernels.cpu.threads import available_cores, count

    return {
        "python": platform.python_version(),
        "packages": dict(_versions()),
        "machine": platform.machine(),
        "processor": processor(),
        "processor features": list(_features()),
        "cores": available_cores(),
        "threads": count(),
        "device": current_device(),
    }


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What has changed and may change the last bits; ``python`` alone does not."""
    changed = [name for name in _PLACES if name in before and before[name] != now[name]]
    found = [f"{name}: {_changed(before[name], now[name])}" for name in changed]
    old, new = before.get("packages", {}), now["packages"]
    for name in ("kerasette", *PACKAGES):
        was, is_ = old.get(name, "none"), new.get(name, "none")
        if was != is_:
            found.append(f"{name}: {was}, now {is_}")
    return found


def _changed(was: Any, is_: Any) -> str:
    if not isinstance(was, list):
        return f"{was}, now {is_}"
    gone, new = sorted(set(was) - set(is_)), sorted(set(is_) - set(was))
    said = [f"{', '.join(names)} {word}" for names, word in ((gone, "gone"), (new, "new")) if names]
    return "; ".join(said)


@functools.cache
def _versions() -> tuple[tuple[str, str], ...]:
    from importlib import metadata  # takes a while to load

    from kerasette._version import __version__

    found = [("kerasette", __version__)]
    for name in PACKAGES:
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            continue
    return tuple(found)


@functools.cache
def processor() -> str:
    """The processor's name."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


@functools.cache
def _features() -> tuple[str, ...]:
    """The processor's instruction sets, as numpy has found them."""
    module = sys.modules.get("numpy._core._multiarray_umath")
    found = getattr(module, "__cpu_features__", {})
    return tuple(sorted(name for name, there in found.items() if there))
