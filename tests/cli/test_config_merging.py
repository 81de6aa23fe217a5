"""Several files, settings over them, and where each value of the result comes from."""

import pytest
from kerasette.cli.config.load import absolute, load
from kerasette.cli.config.nodes import plain
from kerasette.cli.errors import UsageProblem

BASE = """\
version: 1
data: digits
model:
  layers:
    - {type: Dense, units: 8, activation: relu}
    - Flatten
compile:
  optimizer: {type: SGD, learning_rate: 0.1, momentum: 0.9}
  loss: mse
fit: {epochs: 5}
"""


@pytest.fixture
def merged(folder):
    """The merged config of the base, more files by suffix, and settings."""

    def values(*settings, **files):
        (folder / "base.yaml").write_text(BASE)
        names = ["base.yaml"]
        for number, (suffix, text) in enumerate(files.items()):
            names.append(f"{number}.{suffix}")
            (folder / names[-1]).write_text(text)
        loaded = load(names, settings)
        return plain(loaded.root)

    return values


def test_mappings_are_merged_and_lists_replaced(merged):
    found = merged(toml="[fit]\nbatch_size = 4\n", json='{"model": {"layers": ["Flatten"]}}')
    assert found["fit"] == {"epochs": 5, "batch_size": 4}
    assert found["model"]["layers"] == ["Flatten"]


def test_another_type_replaces_the_arguments(merged):
    found = merged(yaml="compile: {optimizer: {type: Adam, learning_rate: 0.01}}")
    assert found["compile"]["optimizer"] == {"type": "Adam", "learning_rate": 0.01}
    found = merged(yaml="compile: {optimizer: {learning_rate: 0.01}}")
    assert found["compile"]["optimizer"] == {"type": "SGD", "learning_rate": 0.01, "momentum": 0.9}
    assert merged(yaml="compile: {optimizer: adam}")["compile"]["optimizer"] == "adam"


def test_a_bare_word_is_short_for_its_type(merged):
    found = merged(yaml="data: {scale: 1/16}")
    assert found["data"] == {"type": "digits", "scale": "1/16"}


@pytest.mark.parametrize(
    ("setting", "path", "value"),
    [
        ("fit.epochs=7", "fit.epochs", 7),
        ("compile.optimizer.learning_rate=1e-3", "compile.optimizer.learning_rate", 0.001),
        ("compile.optimizer=adam", "compile.optimizer", "adam"),
        ("compile.optimizer.type=Adam", "compile.optimizer", {"type": "Adam"}),
        ("compile.metrics=[accuracy, mse]", "compile.metrics", ["accuracy", "mse"]),
        ("model.layers[0].units=64", "model.layers.0.units", 64),
        ("model.layers[-1].name=flat", "model.layers.1", {"type": "Flatten", "name": "flat"}),
        ("model.layers[2]={type: Dense, units: 1}", "model.layers.2.units", 1),
        ("data.split.test=0.2", "data", {"type": "digits", "split": {"test": 0.2}}),
        ("data.split={test: 5}", "data.split", {"test": 5}),
        ("name=17", "name", "17"),
        ("fit.class_weight={0: 1.0, 1: 2.0}", "fit.class_weight", {"0": 1.0, "1": 2.0}),
        ("output.monitor=", "output.monitor", None),
        ("model.layers[0].kernel_initializer=1", "model.layers.0.kernel_initializer", 1),
    ],
)
def test_settings(merged, setting, path, value):
    found = merged(setting)
    for key in path.split("."):
        found = found[int(key) if isinstance(found, list) else key]
    if setting.startswith("compile.optimizer.type"):
        assert found["type"] == "Adam"
    else:
        assert found == value


def test_later_settings_win(merged):
    assert merged("fit.epochs=7", "fit.epochs=8")["fit"]["epochs"] == 8


def test_every_value_has_its_origin(folder):
    (folder / "base.yaml").write_text(BASE)
    (folder / "more.toml").write_text("fit.batch_size = 4\n")
    loaded = load(["base.yaml", "more.toml"], ("seed=3", "model.layers[0].units=9"))
    for path, said in {
        ("fit", "epochs"): "base.yaml:10:15",
        ("fit", "batch_size"): "more.toml:1:18",
        ("seed",): "--set seed=3",
        ("model", "layers", 0, "units"): "--set model.layers[0].units=9",
        ("model", "layers", 0, "type"): "base.yaml:5:14",
        ("fit", "shuffle"): "default",
        ("data", "split", "test"): "default",
        ("data", "type"): "base.yaml:2:7",
    }.items():
        assert str(loaded.place(path)) == said


def test_paths_start_where_they_are_written(folder, monkeypatch):
    (folder / "deep").mkdir()
    data = "data: {type: table, path: a.csv, target: y}\n"
    (folder / "deep" / "base.yaml").write_text(BASE.replace("data: digits\n", data))
    loaded = load(["deep/base.yaml"])
    assert loaded.config.data.path == str(folder / "deep" / "a.csv")
    assert loaded.config.output.folder == str(folder / "runs")
    loaded = load(["deep/base.yaml"], ("data.path=b.csv",))
    assert loaded.config.data.path == str(folder / "b.csv")
    monkeypatch.setenv("HERE", "/there")
    assert str(absolute("${HERE}/x", folder)) == "/there/x"
    assert str(absolute("${NOT_SET:-y}/x", folder)) == str(folder / "y" / "x")
    assert absolute("~/x", folder).is_absolute() and "~" not in str(absolute("~/x", folder))
    with pytest.raises(KeyError):
        absolute("${NOT_SET}/x", folder)


def test_without_files_it_is_the_embedded_config():
    loaded = load(())
    assert loaded.config.data.type == "digits" and loaded.name == "digits"
    assert str(loaded.place(("fit", "epochs"))).startswith("embedded digits.yaml:")


def test_settings_that_cannot_be(folder):
    for setting, said in {
        "fit": "write it as path=value",
        "fit..x=1": "is no path",
        "model.layers[9]=Flatten": "has 6 entries",
        "fit.epochs=[": "no valid YAML",
    }.items():
        with pytest.raises(UsageProblem) as caught:
            load((), (setting,))
        assert said in caught.value.message
