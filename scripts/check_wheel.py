"""Build a wheel and check what it installs.

    python scripts/check_wheel.py

A wheel must hold every module and data file of the checkout, the command line as ``kerasette.cli``,
and nothing else at the top: no package named ``cli``, no tests. The wheel is unpacked into a
temporary folder and ``python -m kerasette.cli --help`` runs from there. Needs an environment with
kerasette's dependencies; ends with status 1 and a line for each thing that is wrong.
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
COPIED = ("pyproject.toml", "README.md", "LICENSE", "kerasette", "cli")


def build_wheel(folder: Path) -> Path:
    """Build in a copy of the sources, for a build leaves files behind, and return the wheel."""
    source = folder / "source"
    source.mkdir()
    for name in COPIED:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, source / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--wheel-dir", folder, source], check=True)
    return next(folder.glob("kerasette-*.whl"))


def expected_files() -> set[str]:
    """The paths inside the wheel of all modules and data files that git tracks."""
    listed = subprocess.run(
        ["git", "ls-files", "kerasette", "cli"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    tracked = (path for path in listed.stdout.splitlines() if (ROOT / path).exists())
    signpost = "kerasette/cli/__init__.py"
    return {
        f"kerasette/{path}" if path.startswith("cli/") else path
        for path in tracked
        if path != signpost
    } | {signpost}


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
