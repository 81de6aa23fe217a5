"""Every command that the comparison with other tools shows does what it says."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from kerasette.cli.config.load import load
from kerasette.cli.main import run

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "comparison.md").read_text(encoding="utf-8")
ROWS = [line.split(" | ") for line in PAGE.splitlines() if "| `kerasette " in line]
COMMANDS = [re.match(r"`(kerasette [^`]*)`", row[1])[1] for row in ROWS]


@pytest.mark.slow
def test_commands_run_as_they_stand(folder, capsys, monkeypatch):
    rows = [f"{i % 23},{'rgb'[i % 3]},{'ab'[i % 23 > 11]}" for i in range(120)]
    (folder / "my.csv").write_text("\n".join(["width,colour,kind", *rows]))
    shutil.copy(ROOT / "examples" / "data" / "pairs.npz", folder)
    pairs = (ROOT / "examples" / "configs" / "pairs_arrays.yaml").read_text(encoding="utf-8")
    (folder / "pairs_arrays.yaml").write_text(
        pairs.replace("../data/", "").replace("epochs: 20", "epochs: 1")
    )
    (folder / "more.yaml").write_text("seed: 2")
    assert len(COMMANDS) > 20 and COMMANDS[0] == "kerasette init --data my.csv"
    for text in COMMANDS:
        if "my.toml" in text:
            (folder / "my.toml").write_text(as_toml(load(["my.yaml"]).config.model_dump()))
        text, _, source = text.partition(";")[0].partition(" < ")
        if source:
            monkeypatch.setattr("sys.stdin", (folder / source).open(encoding="utf-8"))
        assert run(shlex.split(text)[1:]) == 0, (text, capsys.readouterr().err)
        capsys.readouterr()
        if text.startswith("kerasette init"):
            config = (folder / "my.yaml").read_text(encoding="utf-8")
            (folder / "my.yaml").write_text(config.replace("epochs: 50", "epochs: 3"))


def as_toml(config):
    """The sections that a table needs, in TOML."""
    layers = "".join(
        f'[[model.layers]]\ntype = "{layer["type"]}"\n'
        + "".join(f"{k} = {v!r}\n" for k, v in layer.items() if k != "type")
        for layer in config["model"]["layers"]
    )
    return (
        'version = 1\n[data]\ntype = "table"\npath = "my.csv"\ntarget = "kind"\n'
        f'[compile]\nloss = "{config["compile"]["loss"]}"\n{layers}'
    )


def test_table_is_whole():
    table = [line for line in PAGE.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in table} == {7}
