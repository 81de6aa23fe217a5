"""How long a training step takes, here and in Keras and PyTorch: ``python benchmarks/training.py``.

    python benchmarks/training.py --keras-jax P --keras-torch P --keras-tensorflow P --torch P

Each ``P`` is a Python with that library; those that are not given are left out. Each side runs in a
process of its own, one after the other, several rounds; the table has the medians, and the fastest
peer's time divided by ours. ``--save FILE`` writes all figures as JSON and a drawing beside it.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
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
MEASURES = ("step_ms", "predict_batch_ms", "predict_one_ms", "call_one_ms", "first_epoch_s")
PICTURES = ("mnist_cnn", "resnet")
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
        lines.append(f"\n{workload} (must: {MUST[workload]} times the fastest peer's speed)")
        lines.append("  " + " ".join([f"{'':22}", *(f"{m:>17}" for m in (*MEASURES, "peak_mb"))]))
        for side, found in by_side.items():
            figures = " ".join(f"{found[m]:17.4f}" for m in (*MEASURES, "peak_mb"))
            lines.append(f"  {side:22} {figures}")
        ours = by_side.get("kerasette")
        peers = {k: v for k, v in by_side.items() if k != "kerasette"}
        if ours and peers:
            ratios = [min(v[m] for v in peers.values()) / ours[m] for m in (*MEASURES, "peak_mb")]
            lines.append(f"  {'fastest peer / ours':22} " + " ".join(f"{r:17.2f}" for r in ratios))
    return "\n".join(lines)


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


def main() -> None:
    """Run the workloads, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workloads", nargs="*", default=WORKLOADS)
    for peer in ("keras-jax", "keras-torch", "keras-tensorflow", "torch"):
        parser.add_argument(f"--{peer}", metavar="PYTHON")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--save", type=Path)
    options = parser.parse_args()
    results: dict[str, dict[str, dict[str, float]]] = {}
    for workload in options.workloads:
        rounds: dict[str, list[dict[str, float]]] = {}
        for _ in range(options.rounds):
            for side, (command, environment) in sides(options, workload).items():
                found = run(command, environment, workload)
                if found is not None:
                    rounds.setdefault(side, []).append(found)
        results[workload] = {
            side: {key: statistics.median(f[key] for f in found) for key in found[0]}
            for side, found in rounds.items()
        }
        print(table({workload: results[workload]}), flush=True)
    if options.save:
        options.save.write_text(json.dumps(results, indent=1) + "\n")
        options.save.with_suffix(".svg").write_text(drawing(results))


if __name__ == "__main__":
    main()
