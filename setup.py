"""Which packages are installed; everything else stands in pyproject.toml.

The folder ``cli/`` is installed as ``kerasette.cli``, with the packages in it. pyproject.toml could
say that only of packages listed one by one, not of packages to be found.
"""

from setuptools import find_packages, setup

setup(
    packages=[
        # kerasette/cli is the signpost of a checkout, not the command line.
        *find_packages(include=["kerasette", "kerasette.*"], exclude=["kerasette.cli"]),
        "kerasette.cli",
        *(f"kerasette.cli.{package}" for package in find_packages("cli")),
    ],
    package_dir={"kerasette.cli": "cli"},
)
