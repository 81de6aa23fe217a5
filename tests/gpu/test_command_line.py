"""``device:`` in a config file."""

import json
import pathlib

from kerasette.cli.main import run

import kerasette
from tests.cli.test_run import IRIS


def test_a_config_chooses_the_device(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    pathlib.Path("iris.yaml").write_text(IRIS + "device: cuda:0\n")
    kerasette.config.set_device("cpu")
    assert run(["train", "iris.yaml", "--set", "fit.epochs=2"]) == 0
    assert kerasette.config.current_device() == "gpu:0"
    assert "gpu:0" in capsys.readouterr().out
    folder = next(path for path in pathlib.Path("runs").iterdir() if path.is_dir())
    assert json.loads((folder / "environment.json").read_text())["device"] == "gpu:0"
    kerasette.config.set_device("cpu")
    assert run(["evaluate", str(folder)]) == 0


def test_a_device_that_is_not_there_is_told_with_its_place(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    pathlib.Path("iris.yaml").write_text(IRIS + "device: gpu:9\n")
    assert run(["check", "iris.yaml"]) != 0
    told = capsys.readouterr()
    assert "'gpu:9' is not there" in told.out + told.err


def test_doctor_names_the_libraries_of_cuda(capsys):
    assert run(["doctor", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {"NVRTC", "cuBLASLt", "cuDNN"} <= told["facts"]["GPU"].keys()
    missing = [v for v in told["facts"]["GPU"].values() if "not found" in v]
    assert bool(missing) == any("all libraries of CUDA" in line for line in told["advice"])
