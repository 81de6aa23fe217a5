"""The configs in examples/configs train, and reach what they promise."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from kerasette.cli.config.load import load
from kerasette.cli.main import run

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = ROOT / "examples" / "configs"
REACHED = {  # by config: the metric on the test data, and its bound
    "houses_table": ("loss", "below", 0.05),
    "reviews_text": ("accuracy", "above", 0.95),
    "reviews_words": ("accuracy", "above", 0.95),
    "shapes_pictures": ("accuracy", "above", 0.85),
    "river_series": ("loss", "below", 0.01),
}


@pytest.mark.parametrize("name", REACHED)
def test_config_reaches_its_metric(name, capsys):
    assert run(["train", str(CONFIGS / f"{name}.yaml"), "--json", "-q"]) == 0
    test = json.loads(capsys.readouterr().out)["test"]
    metric, side, bound = REACHED[name]
    assert test[metric] < bound if side == "below" else test[metric] > bound


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_config_is_short_and_fits_the_schema(path):
    loaded = load([str(path)])
    assert loaded.config.version == 1
    text = path.read_text(encoding="utf-8")
    assert sum(not line.startswith("#") for line in text.splitlines()) <= 30
    assert f"kerasette train examples/configs/{path.name}" in text


def test_data_are_those_of_the_script(folder):
    script = ROOT / "examples" / "data" / "make_data.py"
    subprocess.run([sys.executable, str(script), str(folder)], check=True)
    made = [*folder.glob("*.csv"), *folder.glob("shapes/*/*.png")]
    for path in made:
        assert path.read_bytes() == (script.parent / path.relative_to(folder)).read_bytes()
    assert len(made) == 3 + 90
