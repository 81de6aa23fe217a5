"""How long a training step takes on a GPU, here, in PyTorch and in JAX.

    python benchmarks/gpu/run.py --torch P --jax P --save gpu.json

Each ``P`` is a Python with that library; by default the running one, where it has it. Each side
runs in a process of its own, on one batch that is on the device already. The table has the median
time of a step by device events, how many times as fast as each peer that is, and the share of what
the device can do: the time that the step's operations and the optimizer's traffic would take at the
device's peak, divided by the time they took. ``--rehearse`` runs everything on the CPU, in tiny
sizes, to show that it runs; its times mean nothing.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.gpu import sizes  # noqa: E402 (found by the line above)

LARGE = tuple(sizes.FULL)
# Peaks: 10^12 operations a second in float32 and bfloat16 (matrices, dense), 10^12 bytes a second.
PEAKS = {
    "H200": (67.0, 989.0, 4.8),
    "H100": (67.0, 989.0, 3.35),
    "A100": (19.5, 312.0, 2.0),
    "L4": (30.3, 121.0, 0.3),
    "4090": (82.6, 165.0, 1.0),
}
TF32 = {"H200": 494.0, "H100": 494.0, "A100": 156.0, "L4": 60.0, "4090": 82.6}
ADAM_BYTES = 28  # of each parameter: read it, its gradient and two means; write it and the means
LIMIT = 1800  # seconds for one side


def commands(options: argparse.Namespace, workload: str, dtype: str) -> dict[str, list[str]]:
    """What is run, by the name of the side."""
    found = {"kerasette": [sys.executable, "-m", "benchmarks.gpu.kerasette_side", workload, dtype]}
    if options.torch:
        for way in ("eager", "compile"):
            command = [options.torch, "-m", "benchmarks.gpu.torch_side", workload, dtype, way]
            found[f"torch {way}"] = command
    if options.jax:
        found["jax"] = [options.jax, "-m", "benchmarks.gpu.jax_side", workload, dtype]
    ending = ["rehearse"] if options.rehearse else []
    return {side: command + ending for side, command in found.items()}


def run(command: list[str]) -> dict[str, Any] | None:
    """One side, in its own process; ``None`` where it fails, with the end of what it said."""
    workloads = ROOT / "benchmarks" / "workloads"
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{workloads}"}
    try:
        ran = subprocess.run(
            command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT
        )
    except subprocess.TimeoutExpired:
        print(f"  {' '.join(command[2:])}: more than {LIMIT} s", file=sys.stderr)
        return None
    for line in ran.stdout.splitlines():
        if line.startswith("RESULT "):
            found: dict[str, Any] = json.loads(line[7:])
            return found
    print(f"  {' '.join(command[2:])}:\n{ran.stderr[-2000:]}", file=sys.stderr)
    return None


def roofline(found: dict[str, Any], workload: str, dtype: str) -> float | None:
    """The share of the device's peak; ``None`` for a device whose peak is not known."""
    known = next((name for name in PEAKS if name in found.get("device", "")), None)
    if known is None:
        return None
    wide, narrow, traffic = PEAKS[known]
    peak = narrow if dtype == "bfloat16" else TF32[known] if "resnet" in workload else wide
    seconds = max(
        found["operations"] / (peak * 1e12),
        found["parameters"] * ADAM_BYTES / (traffic * 1e12),
    )
    return float(1e3 * seconds / found["step_ms"])


def row(workload: str, dtype: str, found: dict[str, dict[str, Any] | None]) -> str:
    """A line of the table."""
    ours = found["kerasette"]
    cells = [workload, dtype]
    for side, figures in found.items():
        if figures is None:
            cells.append("failed")
        elif side == "kerasette" or ours is None:
            cells.append(f"{figures['step_ms']:.3f}")
        else:
            ratio = figures["step_ms"] / ours["step_ms"]
            cells.append(f"{figures['step_ms']:.3f} ({ratio:.2f} x)")
    share = None if ours is None else roofline(ours, workload, dtype)
    cells.append("" if share is None else f"{share:.0%}")
    return "| " + " | ".join(cells) + " |"


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])

    def python_with(library: str) -> str | None:
        return sys.executable if importlib.util.find_spec(library) else None

    parser.add_argument("--rehearse", action="store_true", help="on the CPU, in tiny sizes")
    parser.add_argument("--workloads", nargs="+", default=[*sizes.SMALL, *LARGE])
    parser.add_argument("--dtypes", nargs="+", default=["float32", "bfloat16"])
    parser.add_argument("--torch", default=python_with("torch"), help="a Python with PyTorch")
    parser.add_argument("--jax", default=python_with("jax"), help="a Python with JAX")
    parser.add_argument("--save", type=Path, help="write all figures as JSON")
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> int:
    """Run all sides, print the table; 0 where nothing failed."""
    options = arguments(given)
    figures: dict[str, Any] = {}
    failed = False
    heading: list[str] = []
    for workload in options.workloads:
        for dtype in options.dtypes:
            sides = commands(options, workload, dtype)
            found = {side: run(command) for side, command in sides.items()}
            failed |= any(side is None for side in found.values())
            figures[f"{workload} {dtype}"] = found
            if heading != list(found):
                heading = list(found)
                print("\n| workload | numbers | " + " | ".join(heading) + " (ms) | of the peak |")
                print("|---" * (len(heading) + 3) + "|")
            print(row(workload, dtype, found), flush=True)
    if options.save:
        options.save.write_text(json.dumps(figures, indent=1) + "\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
