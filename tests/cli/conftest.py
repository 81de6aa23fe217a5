"""A folder of its own for each test, and the command line in this process or in one of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from kerasette.cli.config.load import load
from kerasette.cli.data.load import load_data

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The current folder of every test here."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def data_of():
    """Data by a section ``data`` written as YAML."""

    def prepared(section, *settings):
        return load_data(load((), (f"data={section}", *settings)))

    return prepared


@pytest.fixture
def command(folder):
    """Run ``kerasette`` in a process of its own."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": path, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}

    def ran(*arguments, **options):
        return subprocess.run(
            [sys.executable, "-m", "kerasette.cli", *map(str, arguments)],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            **options,
        )

    ran.environment = environment
    return ran
