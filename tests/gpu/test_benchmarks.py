"""The benchmarks of GPUs: they run, and what they say of the device's peak is right."""

import json

import pytest

from benchmarks.gpu import kerasette_side, run, sizes


def test_a_rehearsal_prints_a_table(tmp_path, capfd):
    saved = tmp_path / "figures.json"
    given = ["--rehearse", "--workloads", "mlp", "--dtypes", "bfloat16", "--save", str(saved)]
    assert run.main([*given, "--torch", "", "--jax", ""]) == 0
    assert "| mlp | bfloat16 | " in capfd.readouterr().out
    figures = json.loads(saved.read_text())["mlp bfloat16"]["kerasette"]
    assert figures["step_ms"] > 0
    assert figures["operations"] == 3 * 8 * 2 * (4 * 32 * 32 + 32 * 10)


def test_a_side_that_fails_is_told(monkeypatch, capsys):
    monkeypatch.setattr(run, "run", lambda command: None)
    assert run.main(["--rehearse", "--workloads", "iris", "--dtypes", "float32"]) == 1
    assert "failed" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["resnet50", "lstm", "gpt"])
def test_operations_grow_with_the_model(name):
    size = sizes.TINY[name]
    found = kerasette_side.operations(kerasette_side.MODELS[name](size), size.batch, size.length)
    assert found > 6 * size.batch * size.width


def test_the_share_of_the_peak():
    found = {"device": "NVIDIA H200", "operations": 989e12, "parameters": 0, "step_ms": 2000.0}
    assert run.roofline(found, "mlp", "bfloat16") == pytest.approx(0.5)
    moved = {**found, "operations": 0.0, "parameters": 4.8e12 / run.ADAM_BYTES}
    assert run.roofline(moved, "mlp", "bfloat16") == pytest.approx(0.5)
    assert run.roofline({**found, "device": "something else"}, "mlp", "bfloat16") is None


def test_every_workload_is_asked_of_every_peer():
    options = run.arguments(["--torch", "T", "--jax", "J"])
    assert len(options.workloads) == 11
    for workload in options.workloads:
        assert list(run.commands(options, workload, "float32")) == [
            "kerasette",
            "torch eager",
            "torch compile",
            "jax",
        ]
