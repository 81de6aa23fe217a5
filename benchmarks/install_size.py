"""How much disk an install of kerasette takes, distribution by distribution.

    python benchmarks/install_size.py
    python benchmarks/install_size.py --extras fast,plot
    python benchmarks/install_size.py --readme

Makes a virtual environment in a temporary folder, installs the last commit there, adds up the files
that each distribution recorded, byte code included; pip itself is left out.
1 MB is 1 000 000 bytes. Needs the package index that pip uses. ``--readme`` writes the table into
README.md, between the two comments that mark its place.
"""

import argparse
import json
import platform
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MARKED = re.compile(r"(<!-- install size -->\n).*?(<!-- end of install size -->)", re.DOTALL)
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


def table(sizes: dict[str, tuple[str, int]]) -> str:
    """The sizes as a table in Markdown, the largest first."""
    rows = [
        f"| {name} | {version} | {size / 1e6:.1f} |"
        for name, (version, size) in sorted(sizes.items(), key=lambda item: -item[1][1])
    ]
    total = sum(size for _, size in sizes.values()) / 1e6
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    header = ["| distribution | version | MB |", "|---|---|---:|"]
    return "\n".join([*header, *rows, f"| total | {machine} | {total:.1f} |"]) + "\n"


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--extras", default="", help="extras to install, separated by commas")
    parser.add_argument("--readme", action="store_true", help="write the table into README.md")
    options = parser.parse_args()
    if options.readme and options.extras:
        parser.error("README.md has the table of the base install: --readme goes without --extras")
    text = table(installed_sizes(options.extras))
    print(text, end="")
    if options.readme:
        readme = ROOT / "README.md"
        before = readme.read_text(encoding="utf-8")
        if not MARKED.search(before):
            sys.exit(f"{readme} does not have the two comments of {MARKED.pattern}")
        readme.write_text(MARKED.sub(rf"\g<1>{text}\g<2>", before), encoding="utf-8")


if __name__ == "__main__":
    main()
