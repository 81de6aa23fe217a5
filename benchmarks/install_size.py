"""How much disk an install of kerasette takes, distribution by distribution.

    python benchmarks/install_size.py
    python benchmarks/install_size.py --extras fast,plot

Makes a virtual environment in a temporary folder, installs the last commit there, adds up the files
that each distribution recorded, byte code included; pip itself is left out.
1 MB is 1 000 000 bytes. Needs the package index that pip uses.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIST = """
import importlib.metadata as metadata, json, os
sizes = {}
for found in metadata.distributions():
    paths = {os.path.realpath(found.locate_file(path)) for path in found.files or ()}
    size = sum(os.path.getsize(path) for path in paths if os.path.isfile(path))
    sizes[found.name] = (found.version, size)
print(json.dumps(sizes))
"""


def installed_sizes(extras: str) -> dict[str, tuple[str, int]]:
    """Install into a fresh environment; return version and bytes of each distribution."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        binaries = Path(folder) / ("Scripts" if sys.platform == "win32" else "bin")
        python = str(binaries / "python")
        # From a clone, for a build leaves files behind.
        source = Path(folder) / "source"
        subprocess.run(["git", "clone", "--quiet", ROOT, source], check=True)
        wanted = f"{source}[{extras}]" if extras else str(source)
        pip = [python, "-m", "pip", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--quiet", wanted], check=True)
        listed = subprocess.run(
            [python, "-c", LIST], check=True, capture_output=True, text=True, cwd=folder
        )
    sizes: dict[str, tuple[str, int]] = json.loads(listed.stdout)
    return {name: size for name, size in sizes.items() if name not in ("pip", "setuptools")}


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--extras", default="", help="extras to install, separated by commas")
    sizes = installed_sizes(parser.parse_args().extras)
    for name, (version, size) in sorted(sizes.items(), key=lambda item: -item[1][1]):
        print(f"{name:<24}{version:<14}{size / 1e6:>8.1f} MB")
    print(f"{'total':<38}{sum(size for _, size in sizes.values()) / 1e6:>8.1f} MB")


if __name__ == "__main__":
    main()
