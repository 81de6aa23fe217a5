"""The commands beside training: what they print, and that the first one does so at once."""

import json
import subprocess
import sys
import time

import numpy as np
import pytest
from kerasette.cli.main import COMMANDS, run
from kerasette.cli.output import duration, number, size

import kerasette


def test_help_names_every_command(capsys):
    assert run(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(f"  {name} " in text for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name, capsys):
    assert run([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: kerasette {name} ")


def test_version(capsys):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"kerasette {kerasette.__version__}\n"


def test_help_is_quick_and_loads_little(command):
    heavy = ("numpy", "pydantic", "ruamel", "h5py", "tqdm")
    code = (
        "import sys; from kerasette.cli.main import run; run(['--help']);"
        f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    environment = command.environment
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert ran.stderr == "[]\n"

    def took(*arguments):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL)
        return time.perf_counter() - start

    # The best of several: a busy machine makes single ones slow.
    help_, nothing = (
        min(took(*arguments) for _ in range(5))
        for arguments in (("-m", "kerasette.cli", "--help"), ("-c", "pass"))
    )
    assert help_ - nothing < 0.3


def test_config_show(capsys):
    assert run(["config", "show", "--set", "fit.epochs=3"]) == 0
    assert "epochs: 3" in capsys.readouterr().out
    assert run(["config", "show", "--resolved", "--origin", "--set", "fit.epochs=3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    found = {line.partition("#")[0].strip(): line.partition("# ")[2] for line in lines}
    assert found["epochs: 3"] == "--set fit.epochs=3"
    assert found["shuffle: true"] == "default"
    assert found["type: digits"].startswith("embedded digits.yaml:")


def test_check_tells_without_training(folder, capsys):
    arguments = [
        "--set",
        "data.limit=64",
        "--set",
        "model.layers=[Flatten, {type: Dense, units: 10}]",
    ]
    assert run(["check", *arguments]) == 0
    text = capsys.readouterr().out
    assert text.splitlines()[-1] == "All is well." and "Memory " in text and "Time " in text
    assert run(["check", "--json", *arguments]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["steps_per_epoch"] == 2 and found["step_seconds"] > 0
    assert not (folder / "runs").exists()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_check_foretells_the_memory(folder, command):
    """About what training then takes at its peak; a step that is too large is not tried."""
    x = np.random.default_rng(0).normal(size=(10_000, 600)).astype("float32")
    np.savez(folder / "a.npz", x=x, y=np.arange(10_000) % 3)
    (folder / "c.yaml").write_text(
        "version: 1\ndata: {type: arrays, path: a.npz}\n"
        "model: {layers: [{type: Dense, units: 2000}, {type: Dense, units: 1000}, "
        "{type: Dense, units: 3, activation: softmax}]}\n"
        "compile: {optimizer: adam, loss: sparse_categorical_crossentropy}\n"
        "fit: {batch_size: 512}\n"
    )
    found = json.loads(command("check", "c.yaml", "--json").stdout)
    assert found["memory_bytes"] == sum(found["memory"].values())
    assert found["memory"]["data"] == pytest.approx(x.nbytes, rel=0.01)
    assert found["memory"]["weights"] == pytest.approx(3 * 4 * 3_206_003, rel=0.01)
    code = (
        "from kerasette.cli.main import run; import resource; run(['train', 'c.yaml', '-q']);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=command.environment
    )
    assert found["memory_bytes"] == pytest.approx(1024 * int(ran.stdout), rel=0.4)
    huge = "model.layers=[{type: RepeatVector, n: 1000000}, GlobalMaxPooling1D]"
    ran = command("check", "c.yaml", "--set", huge)
    assert ran.returncode == 1
    assert "A step would take 2.2 TiB of memory or more" in ran.stderr


def test_doctor(capsys):
    assert run(["doctor"]) == 0
    text = capsys.readouterr().out
    assert np.__version__ in text and "cores" in text
    assert run(["doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["facts"]["Software"]["kerasette"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell, capsys):
    assert run(["completion", shell]) == 0
    assert "_KERASETTE_COMPLETE" in capsys.readouterr().out


def test_completion_completes(command):
    environment = {
        **command.environment, "_KERASETTE_COMPLETE": "bash_complete",
        "COMP_WORDS": "kerasette tr", "COMP_CWORD": "1",
    }  # fmt: skip
    ran = subprocess.run(
        [sys.executable, "-m", "kerasette.cli"], env=environment, capture_output=True, text=True
    )
    assert ran.stdout == "plain,train\n"


def test_schema_is_that_of_the_configs(capsys):
    assert run(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert set(schema["required"]) == {"version", "data", "model"}
    layers = {
        one["properties"]["type"].get("const"): one
        for one in schema["$defs"]["layer"]["anyOf"]
        if "properties" in one
    }
    dense = layers["Dense"]
    assert dense["required"] == ["type", "units"] and not dense["additionalProperties"]
    assert dense["properties"]["units"] == {"type": "integer"}
    json.dumps(schema)


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("kerasette tr", ["train"]),
        ("kerasette predict la", ["last"]),
        ("kerasette resume 2026", ["2026-01-02-a-1", "2026-01-02-b-1"]),
        ("kerasette predict last --for", ["--format"]),
        ("kerasette predict last --format j", ["jsonl"]),
    ],
)
def test_what_a_shell_completes(folder, command, words, completed):
    for name in ("a", "b"):
        (folder / "runs" / f"2026-01-02-{name}-1").mkdir(parents=True)
        (folder / "runs" / f"2026-01-02-{name}-1" / "state.json").write_text("{}")
    asked = {
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
        "_KERASETTE_COMPLETE": "bash_complete",
    }
    ran = subprocess.run(
        [sys.executable, "-m", "kerasette.cli"],
        env=command.environment | asked, capture_output=True, text=True,
    )  # fmt: skip
    assert [line.partition(",")[2] for line in ran.stdout.splitlines()] == completed


def test_inspect(folder, capsys):
    model = kerasette.Sequential([kerasette.Input((4,)), kerasette.layers.Dense(3, name="last")])
    model.compile("adam", "mse")
    model.save("a.keras")
    model.save_weights("a.weights.h5")
    model.save("a.h5")
    np.savez(folder / "a.npz", x=np.zeros((2, 3), "int8"))
    for name, said in {
        "a.keras": ["Sequential", "last", "units=3", "4x3", "Adam"],
        "a.weights.h5": ["weights", "4x3", "float32"],
        "a.h5": ["Keras model in HDF5", "4x3"],
        "a.npz": ["arrays", "2x3", "int8"],
    }.items():
        assert run(["inspect", name]) == 0
        text = capsys.readouterr().out
        assert all(word in text for word in said), text
        assert run(["inspect", name, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["arrays"]


def test_inspecting_runs_nothing(folder, capsys, monkeypatch):
    """A file that names a class which nobody knows is shown all the same."""
    monkeypatch.setattr(kerasette.registry, "find", pytest.fail)
    import zipfile

    config = {"class_name": "Evil", "module": "os", "config": {"name": "x", "layers": []}}
    with zipfile.ZipFile("evil.keras", "w") as file:
        file.writestr("config.json", json.dumps(config))
    assert run(["inspect", "evil.keras"]) == 0
    assert "Evil" in capsys.readouterr().out


SCRIPT = """\
import sys
import keras
from keras import layers
import keras.ops as ops
from keras.layers import Dense
model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
print(keras.__name__, ops.ones((2,)).shape, Dense is layers.Dense, model.count_params(), sys.argv)
"""


def test_run_gives_a_script_kerasette_for_keras(folder, command):
    (folder / "program.py").write_text(SCRIPT)
    ran = command("run", "program.py", "--a", "b")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "kerasette (2,) True 3 ['program.py', '--a', 'b']\n"


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("import sys; sys.exit(7)", 7, ""),
        ("import keras\nraise KeyError('x')", 1, "line 2, in <module>"),
        ("import keras.nothing", 1, "No module named 'keras.nothing'"),
        ("import helper; print(helper.x)", 0, ""),
    ],
)
def test_run_ends_as_the_script_does(folder, command, text, code, said):
    (folder / "helper.py").write_text("x = 1")
    (folder / "program.py").write_text(text)
    ran = command("run", "program.py")
    assert ran.returncode == code and said in ran.stderr
    assert "runpy" not in ran.stderr and "cli/" not in ran.stderr


def test_keras_is_itself_again_after_a_script(folder):
    (folder / "program.py").write_text("import keras")
    before = sys.modules.get("keras")
    assert run(["run", "program.py"]) == 0
    assert sys.modules.get("keras") is before


def test_words_for_people():
    assert [number(v) for v in (0.98765, 1.234e-5, 3, 12345, 0.0)] == [
        "0.9877", "1.23e-05", "3", "12,345", "0.0000",
    ]  # fmt: skip
    assert [duration(v) for v in (0.004, 3.21, 75, 7380)] == [
        "4 ms", "3.2 s", "1 min 15 s", "2 h 3 min",
    ]  # fmt: skip
    assert [size(v) for v in (512, 2_500_000)] == ["512 B", "2.4 MiB"]
