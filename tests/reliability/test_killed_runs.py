"""Runs that are killed end, resumed, with the same bits: a few of ``benchmarks/reliability``'s."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_dozen_killed_runs_end_with_the_same_bits():
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks/reliability/kill.py"), "--runs=12", "--calls=6"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line.split(" | ") for line in done.stdout.splitlines()[2:]]
    assert len(rows) == 8
    assert sum(int(row[3]) for row in rows[:6]) >= 12
    assert all(row[3] == row[4] for row in rows)
