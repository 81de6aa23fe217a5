"""How long a training step takes, here and in Keras and PyTorch: ``python benchmarks/training.py``.

    python benchmarks/training.py --keras-jax P --keras-torch P --keras-tensorflow P --torch P

Each ``P`` is a Python with that library; those that are not given are left out. Each side runs in a
process of its own, one after the other, several rounds; the table has the medians, and the best
peer's figure divided by ours, with what that must be at least: for calls with one sample the peers
are Keras's backends. ``first_cold_s`` is with nothing compiled yet, ``first_warm_s`` with what the
process before left. ``--save FILE`` writes all figures as JSON and a drawing beside it, ``--write``
the tables into docs/performance.md.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent / "workloads"
ROOT = HERE.parents[1]
WORKLOADS = ("iris", "tabular", "mnist_mlp", "mnist_cnn", "resnet", "lstm", "gpt")
MUST = {
    "iris": 20,
    "tabular": 4,
    "mnist_mlp": 1.5,
    "mnist_cnn": 1.7,
    "resnet": 1.5,
    "lstm": 1.2,
    "gpt": 1.2,
}  # fmt: skip
LEAST = {  # what the best peer's figure, divided by ours, must be
    "predict_batch_ms": 1,
    "predict_one_ms": 3,
    "call_one_ms": 3,
    "first_cold_s": 2,
    "first_warm_s": 2,
    "peak_mb": 1,
}
MEASURES = ("step_ms", *LEAST)
SAME_CALLS = ("predict_one_ms", "call_one_ms")  # compared with Keras's own calls only
PICTURES = ("mnist_cnn", "resnet")
PAGE = ROOT / "docs" / "performance.md"
MARKED = re.compile(r"(<!-- table -->\n).*?(<!-- end of table -->)", re.DOTALL)
LIMIT = 900  # seconds for one side


def sides(
    options: argparse.Namespace, workload: str
) -> dict[str, tuple[list[str], dict[str, str]]]:
    """What is run: a command without the workload, and its environment."""
    keras, torch = str(HERE / "keras_programs.py"), str(HERE / "torch_programs.py")
    found = {"kerasette": ([sys.executable, keras, "{}"], {"KERAS_MODULE": "kerasette"})}
    for backend in ("jax", "torch", "tensorflow"):
        python = getattr(options, f"keras_{backend}")
        if python:
            environment = {"KERAS_BACKEND": backend, "CUDA_VISIBLE_DEVICES": ""}
            found[f"keras {backend}"] = ([python, keras, "{}"], environment)
    if options.torch:
        for way in ("eager", "channels_last", "compile"):
            if way == "channels_last" and workload not in PICTURES:
                continue
            found[f"torch {way}"] = ([options.torch, torch, "{}", way], {})
    return found


def run(command: list[str], environment: dict[str, str], workload: str) -> dict[str, float] | None:
    """One side once, in its own process; ``None`` where it fails."""
    cores = len(os.sched_getaffinity(0))
    inherited = {**os.environ, "OMP_NUM_THREADS": str(cores), "PYTHONPATH": str(ROOT)}
    # As installed: what is not compiled when a package is installed is kept after its first import.
    inherited.pop("PYTHONDONTWRITEBYTECODE", None)
    inherited["PYTHONPYCACHEPREFIX"] = str(Path(tempfile.gettempdir()) / "kerasette-bytecode")
    if "torch" in command[1] or environment.get("KERAS_BACKEND") == "torch":
        inherited["OMP_PROC_BIND"] = "true"  # without it PyTorch's threads share cores for a while
    command = [part.format(workload) for part in command]
    try:
        ran = subprocess.run(
            command,
            env=inherited | environment,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    for line in ran.stdout.splitlines():
        if line.startswith("RESULT "):
            return dict(json.loads(line[7:]))
    print(ran.stderr[-600:], file=sys.stderr)
    return None


def table(results: dict[str, dict[str, dict[str, float]]]) -> str:
    """The results as text: a block for each workload."""
    lines = []
    for workload, by_side in results.items():
        lines.append("\n" + f"{workload:24} " + " ".join(f"{m:>16}" for m in MEASURES))
        for side, found in by_side.items():
            lines.append(f"  {side:22} " + " ".join(f"{found[m]:16.4f}" for m in MEASURES))
        ours = by_side.get("kerasette")
        peers = {k: v for k, v in by_side.items() if k != "kerasette"}
        if ours and peers:
            ratios = [best(peers, m) / ours[m] for m in MEASURES]
            lines.append(f"  {'best peer / ours':22} " + " ".join(f"{r:16.2f}" for r in ratios))
            least = LEAST | {"step_ms": MUST[workload]}
            lines.append(f"  {'must be':22} " + " ".join(f"{least[m]:16.2f}" for m in MEASURES))
    return "\n".join(lines)


def best(peers: dict[str, dict[str, float]], measure: str) -> float:
    """The best figure among the peers that do the same."""
    named = measure in SAME_CALLS and any(side.startswith("keras ") for side in peers)
    return min(v[measure] for k, v in peers.items() if not named or k.startswith("keras "))


def drawing(results: dict[str, dict[str, dict[str, float]]]) -> str:
    """Bars of the step times, those of each workload as shares of its slowest, as SVG."""
    width, bar, left = 760, 18, 150
    parts, y = [], 30
    for workload, by_side in results.items():
        parts.append(f'<text x="8" y="{y}" font-weight="bold">{workload}</text>')
        slowest = max(found["step_ms"] for found in by_side.values())
        for side, found in by_side.items():
            y += bar
            length = max(2.0, (width - left - 110) * found["step_ms"] / slowest)
            colour = "#d9480f" if side == "kerasette" else "#868e96"
            parts.append(f'<text x="8" y="{y + 4}">{side}</text>')
            parts.append(
                f'<rect x="{left}" y="{y - 8}" width="{length:.0f}" height="13" fill="{colour}"/>'
            )
            parts.append(
                f'<text x="{left + length + 6:.0f}" y="{y + 4}">{found["step_ms"]:.3g} ms</text>'
            )
        y += 34
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" '
    return head + 'font-family="sans-serif" font-size="12">' + "".join(parts) + "</svg>\n"


NAMES = {
    "step_ms": "training step, ms",
    "predict_batch_ms": "`predict`, a batch, ms",
    "predict_one_ms": "`predict`, one sample, ms",
    "call_one_ms": "`model(x)`, one sample, ms",
    "first_cold_s": "start to end of first epoch, cold, s",
    "first_warm_s": "the same, warm, s",
    "peak_mb": "peak memory, MB",
}


def page(results: dict[str, dict[str, dict[str, float]]]) -> str:
    """The results for the documentation: a table for each measure."""
    parts = []
    for measure in MEASURES:
        parts.append(f"\n### {NAMES[measure][0].upper()}{NAMES[measure][1:]}\n")
        parts.append("| workload | kerasette | best peer | | ratio | must be |")
        parts.append("|---|---:|---:|---|---:|---:|")
        for workload, by_side in results.items():
            ours = by_side["kerasette"][measure]
            peers = {k: v for k, v in by_side.items() if k != "kerasette"}
            found = best(peers, measure)
            name = next(k for k, v in peers.items() if v[measure] == found)
            least = (LEAST | {"step_ms": MUST[workload]})[measure]
            ratio = f"{found / ours:.2f} | {least}"
            parts.append(f"| `{workload}` | {ours:.4g} | {found:.4g} | {name} | {ratio} |")
    where = f"{len(os.sched_getaffinity(0))} cores, {time.strftime('%Y-%m-%d')}"
    return "\n".join([f"Measured on {where}.", *parts, ""])


def main() -> None:
    """Run the workloads, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workloads", nargs="*", default=WORKLOADS)
    for peer in ("keras-jax", "keras-torch", "keras-tensorflow", "torch"):
        parser.add_argument(f"--{peer}", metavar="PYTHON")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--save", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    results: dict[str, dict[str, dict[str, float]]] = {}
    for workload in options.workloads:
        rounds: dict[str, list[dict[str, float]]] = {}
        for _ in range(options.rounds):
            for side, (command, environment) in sides(options, workload).items():
                with tempfile.TemporaryDirectory() as cache:
                    environment = {**environment, "KERASETTE_CACHE": cache}
                    cold = None
                    if side == "kerasette":
                        run(command, {**environment, "KERASETTE_CACHE": "0"}, "iris")
                        cold = run(command, environment, workload)
                    found = run(command, environment, workload)
                if found is not None:
                    first = found.pop("first_epoch_s")
                    found["first_warm_s"] = first
                    found["first_cold_s"] = cold["first_epoch_s"] if cold else first
                    rounds.setdefault(side, []).append(found)
        results[workload] = {
            side: {key: statistics.median(f[key] for f in found) for key in found[0]}
            for side, found in rounds.items()
        }
        print(table({workload: results[workload]}), flush=True)
    if options.save:
        options.save.write_text(json.dumps(results, indent=1) + "\n")
        options.save.with_suffix(".svg").write_text(drawing(results))
    if options.write:
        text = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(MARKED.sub(rf"\g<1>{page(results)}\g<2>", text), encoding="utf-8")


if __name__ == "__main__":
    main()
