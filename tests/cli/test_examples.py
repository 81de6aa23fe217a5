"""The configs in examples/configs train, and reach what they promise."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from kerasette.cli.config.load import load
from kerasette.cli.main import run

from scripts import run_examples

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = ROOT / "examples" / "configs"
QUICK = sorted(p for p in CONFIGS.glob("*.yaml") if run_examples.needed_data(p) is None)


@pytest.mark.slow
@pytest.mark.parametrize("path", QUICK, ids=lambda path: path.stem)
def test_config_reaches_its_metric(path, capsys):
    assert run(["train", str(path), "--json", "-q"]) == 0
    test = json.loads(capsys.readouterr().out)["test"]
    assert run_examples.promise(path, full=True).is_kept(test), test


def test_every_kind_of_data_has_a_config():
    kinds = {load([str(path)]).config.data.type for path in QUICK}
    assert kinds >= {"table", "images", "text", "time_series", "arrays"}


def test_promises(folder):
    path = folder / "c.yaml"
    path.write_text(
        "# Reaches: test loss below 0.05\n# In small: a=1 b=[2] gives test mae above 2\n"
    )
    full, small = (run_examples.promise(path, full) for full in (True, False))
    assert (full.settings, full.metric, full.bound) == ([], "loss", 0.05)
    assert small.settings == ["a=1", "b=[2]"] and full.is_kept({"loss": 0.04})
    assert not small.is_kept({"mae": 1.9}) and small.is_kept({"mae": 2.1})
    path.write_text("version: 1")
    with pytest.raises(ValueError, match="does not say what it reaches"):
        run_examples.promise(path, full=True)


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_config_is_short_and_fits_the_schema(path):
    loaded = load([str(path)])
    assert loaded.config.version == 1
    text = path.read_text(encoding="utf-8")
    assert sum(not line.startswith("#") for line in text.splitlines()) <= 30
    assert run_examples.promise(path, full=True).settings == []
    assert f"kerasette train examples/configs/{path.name}" in text


def test_data_are_those_of_the_script(folder):
    script = ROOT / "examples" / "data" / "make_data.py"
    subprocess.run([sys.executable, str(script), str(folder)], check=True)
    for name, array in np.load(folder / "pairs.npz").items():
        assert np.array_equal(array, np.load(script.parent / "pairs.npz")[name]), name
    made = [*folder.glob("*.csv"), *folder.glob("shapes/*/*.png")]
    for path in made:
        assert path.read_bytes() == (script.parent / path.relative_to(folder)).read_bytes()
    assert len(made) == 3 + 90
