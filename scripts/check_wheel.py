"""Build a source distribution, from it a wheel, and check what that installs.

    python scripts/check_wheel.py

The wheel must hold every module and data file that git tracks, the command line as
``kerasette.cli``, and nothing else at the top: no package named ``cli``, no tests. It is unpacked
into a temporary folder, from which ``python -m kerasette.cli --help`` runs. Needs an environment
with kerasette's dependencies and the package ``build``; ends with status 1 and a line for each
thing that is wrong.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def build_wheel(folder: Path) -> Path:
    """Build in a copy of the tracked files, for a build leaves files behind; return the wheel."""
    source = folder / "source"
    for path in tracked_files():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, source / path)
    built = subprocess.run(
        [sys.executable, "-m", "build", "--outdir", folder, source], capture_output=True, text=True
    )
    if built.returncode:
        sys.exit(f"the build failed:\n{built.stdout}{built.stderr}")
    return next(folder.glob("kerasette-*.whl"))


def tracked_files() -> list[str]:
    """The paths of the checkout's files that git tracks, those about to be deleted left out."""
    command = ["git", "ls-files"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return [path for path in listed.stdout.splitlines() if (ROOT / path).exists()]


def expected_files() -> set[str]:
    """The paths inside the wheel of all modules and data files that git tracks."""
    signpost = "kerasette/cli/__init__.py"
    ours = {path for path in tracked_files() if path.startswith("kerasette/")} - {signpost}
    return ours | {f"kerasette/{path}" for path in tracked_files() if path.startswith("cli/")}


def problems_in(wheel: Path, folder: Path) -> list[str]:
    """One line for each thing that is wrong with the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(folder / "unpacked")
    installed = {name for name in names if ".dist-info/" not in name}
    problems = [f"missing from the wheel: {name}" for name in sorted(expected_files() - installed)]
    tops = sorted({name.split("/")[0] for name in installed} - {"kerasette"})
    problems += [f"would be installed beside kerasette: {top}" for top in tops]
    where = "import kerasette.cli.main as main; print(main.__file__)"
    for code in (["-c", where], ["-m", "kerasette.cli", "--help"]):
        # -P and an own folder: nothing is found by way of the checkout.
        ran = subprocess.run(
            [sys.executable, "-P", *code],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder / "unpacked")},
            capture_output=True,
            text=True,
        )
        if ran.returncode:
            problems.append(f"python {' '.join(code)} failed:\n{ran.stderr.strip()}")
        elif code[1] == where and not ran.stdout.startswith(str(folder)):
            problems.append(
                f"kerasette.cli.main came from {ran.stdout.strip()}, not from the wheel"
            )
    return problems


def main() -> None:
    """Build, check, print."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        wheel = build_wheel(folder)
        problems = problems_in(wheel, folder)
        size = wheel.stat().st_size
    for problem in problems:
        print(problem)
    print(f"{wheel.name}: {size / 1e6:.2f} MB, {len(problems)} problems")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
