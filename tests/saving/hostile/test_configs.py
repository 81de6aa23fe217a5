"""Descriptions of models that are there to do something else: none does."""

import base64
import json
import marshal
import os
import zipfile

import h5py
import numpy as np
import pytest

import kerasette
from kerasette import layers
from kerasette.core.budget import budget, charge_steps
from kerasette.saving import deserialize_keras_object, register_keras_serializable
from tests.saving.hostile.kinds import REFUSED
from tests.saving.hostile.watch import refusal, watched

INPUT = {
    "module": "keras.layers",
    "class_name": "InputLayer",
    "config": {"batch_shape": [None, 3], "dtype": "float32", "name": "measured"},
    "registered_name": None,
}


def layer(name, module="keras.layers", registered=None, /, **config):
    return {"module": module, "class_name": name, "config": config, "registered_name": registered}


def function(name, module="builtins"):
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


def model(*parts, **more):
    config = {"name": "small", "layers": [INPUT, *parts], **more}
    return layer("Sequential", "keras", None, **config)


def nested(depth):
    found = layer("Dense", units=1)
    for _ in range(depth):
        found = layer("TimeDistributed", layer=found)
    return model(found)


def functional(*entries, outputs=(("dense", 0, 0),), inputs=(("measured", 0, 0),)):
    first = {**INPUT, "name": "measured", "inbound_nodes": []}
    config = {
        "name": "graph",
        "trainable": True,
        "layers": [first, *entries],
        "input_layers": [list(place) for place in inputs],
        "output_layers": [list(place) for place in outputs],
    }
    return layer("Functional", "keras.src.models.functional", **config)


def tensor(*place):
    config = {"shape": [None, 3], "dtype": "float32", "keras_history": list(place)}
    return {"class_name": "__keras_tensor__", "config": config}


def node(*args):
    return {"args": list(args), "kwargs": {}}


def dense(*nodes, name="dense"):
    return {**layer("Dense", units=3, name=name), "name": name, "inbound_nodes": list(nodes)}


def doubled(depth):
    """A model that has a model in it twice, which has a model in it twice, and so on."""
    found = functional(dense(node(tensor("measured", 0, 0))))
    for number in range(depth):
        found["config"]["name"] = name = f"inner{number}"
        calls = [node(tensor("measured", 0, 0)), node(tensor(name, 0, 0))]
        entry = {**found, "name": name, "inbound_nodes": calls}
        found = functional(entry, outputs=[(name, 1, 0)])
    return found


def operation(name, *args):
    entry = layer(name, "keras.src.ops.numpy", name="op")
    return {**entry, "name": "op", "inbound_nodes": [node(*args)]}


CODE = base64.b64encode(marshal.dumps((lambda x: os.system("id")).__code__)).decode()
LAMBDA = {"class_name": "__lambda__", "config": {"code": CODE, "defaults": None, "closure": None}}
HUGE = 10**11

CONFIGS = {
    # CVE-2024-3660, CVE-2025-1550, CVE-2025-8747, CVE-2025-9905, CVE-2025-9906, CVE-2025-49655 and
    # their kin: code, names to import, gadgets, switches
    "marshalled lambda": model(layer("Lambda", function=LAMBDA)),
    "older marshalled lambda": model(
        layer("Lambda", function=[CODE, None, None], function_type="lambda")
    ),
    "lambda as output shape": model(
        layer("Lambda", function=function("relu"), output_shape=LAMBDA)
    ),
    "lambda as activation": model(layer("Dense", units=1, activation=LAMBDA)),
    "importable function": model(layer("Lambda", function=function("system", "os"))),
    "importable class": model(layer("Popen", "subprocess", args=["id"])),
    "importable class as model": layer("Popen", "subprocess", "Popen", args=["id"]),
    "builtin": model(layer("Lambda", function=function("eval"))),
    "builtin by its module": model(layer("Lambda", function=function("exec", "builtins"))),
    "attribute walk in a name": model(layer("Dense.__init__.__globals__", units=1)),
    "dotted class": model(layer("os.system", "kerasette", command="id")),
    "dunder class": model(layer("__import__", "builtins", name="os")),
    "get_file as a gadget": model(
        layer("Lambda", function=function("get_file", "keras.utils"), arguments={"origin": "http://x"})
    ),
    "load_model as a gadget": model(
        layer(
            "Lambda",
            function=function("load_model", "keras.models"),
            arguments={"safe_mode": False},
        )
    ),
    "load_model as a class": layer("load_model", "keras.models", filepath="x", safe_mode=False),
    "switch as a gadget": layer(
        "enable_unsafe_deserialization", "keras.config", "enable_unsafe_deserialization"
    ),
    "switch in the config": model(
        layer("Lambda", function=LAMBDA, safe_mode=False), safe_mode=False
    ),
    "callback": model(layer("CSVLogger", "keras.callbacks", filename="log.csv")),
    "backup callback": model(layer("BackupAndRestore", "keras.callbacks", backup_dir="gone")),
    "numpy loader": model(layer("Lambda", function=function("load", "numpy"))),
    "torch module": model(layer("TorchModuleWrapper", module="gASV")),
    "tensorflow saved model": model(layer("TFSMLayer", filepath="/etc")),
    "jax code": model(layer("JaxLayer", call_fn=LAMBDA)),
    "function as initializer": model(
        layer("Dense", units=1, kernel_initializer=function("system", "os"))
    ),
    "loss from elsewhere": {
        **model(layer("Dense", units=1)),
        "compile_config": {"optimizer": "adam", "loss": function("system", "posix")},
    },
    # Vocabularies: CVE-2025-12058, CVE-2025-12638
    "vocabulary as path": model(layer("StringLookup", vocabulary="/etc/passwd")),
    "vocabulary as url": model(layer("StringLookup", vocabulary="http://169.254.169.254/x")),
    "integer vocabulary as path": model(layer("IntegerLookup", vocabulary="/etc/passwd")),
    "text vocabulary as path": model(layer("TextVectorization", vocabulary="file:///etc/passwd")),
    # Sizes
    "giant units": model(layer("Dense", units=HUGE)),
    "giant embedding": model(layer("Embedding", input_dim=HUGE, output_dim=64)),
    "giant thresholds": {
        **model(layer("Dense", units=1)),
        "compile_config": {
            "optimizer": "adam",
            "metrics": [layer("AUC", "keras.metrics", num_thresholds=HUGE)],
        },
    },
    "giant confusion matrix": {
        **model(layer("Dense", units=1)),
        "compile_config": {
            "optimizer": "adam",
            "metrics": [layer("MeanIoU", "keras.metrics", num_classes=10**6)],
        },
    },
    "giant number of unknown words": model(
        layer("StringLookup", num_oov_indices=HUGE, vocabulary=["a"])
    ),
    "giant padding of weights": model(
        layer(
            "StringLookup", vocabulary=["a"], idf_weights=[1.0], output_mode="tf_idf",
            max_tokens=HUGE, pad_to_max_tokens=True,
        )
    ),
    "giant input": layer(
        "Sequential", "keras", None, name="small",
        layers=[layer("InputLayer", batch_shape=[None, HUGE]), layer("Dense", units=64)],
    ),
    "negative units": model(layer("Dense", units=-3)),
    # Wrong types
    "units as text": model(layer("Dense", units="3")),
    "units as list": model(layer("Dense", units=[3])),
    "units not a number": model(layer("Dense", units=float("nan"))),
    "units infinite": model(layer("Dense", units=float("inf"))),
    "rate not a number": model(layer("Dropout", rate=float("nan"))),
    "config as list": {**layer("Dense"), "config": [1, 2]},
    "config as text": {**layer("Sequential", "keras"), "config": "x"},
    "class as list": {**layer("Dense", units=1), "class_name": ["Dense"]},
    "registered name as list": model({**layer("Dense", units=1), "registered_name": ["Dense"]}),
    "layers as number": layer("Sequential", "keras", None, name="small", layers=3),
    "layers as text": layer("Sequential", "keras", None, name="small", layers="Dense"),
    "unknown dtype": model(layer("Dense", units=1, dtype="object")),
    "name with a path": model(layer("Dense", units=1, name="../../outside")),
    "name as dict": model(layer("Dense", units=1, name={"a": 1})),
    "no model": layer("Constant", "keras.initializers", value=1.0),
    "list in place of a model": [1, 2, 3],
    "unknown argument": model(layer("Dense", units=1, __class__="x")),
    # Nesting and graphs
    "models that come to billions of steps": doubled(30),
    "nested deeply": nested(150),
    "cycle": functional(
        dense(node(tensor("other", 0, 0))),
        dense(node(tensor("dense", 0, 0)), name="other"),
    ),
    "layer of its own output": functional(dense(node(tensor("dense", 0, 0)))),
    "negative place": functional(dense(node(tensor("measured", -1, 0)))),
    "result that is not there": functional(dense(node(tensor("measured", 0, 5)))),
    "layer that is not there": functional(dense(node(tensor("gone", 0, 0)))),
    "output that is not there": functional(
        dense(node(tensor("measured", 0, 0))), outputs=[("dense", 7, 0)]
    ),
    "two layers of one name": functional(
        dense(node(tensor("measured", 0, 0))), dense(node(tensor("measured", 0, 0)))
    ),
    "operation without a tensor": functional(
        operation("Ones", [10**5, 10**6]), outputs=[("op", 0, 0)]
    ),
    "loop without a tensor": functional(
        operation("WhileLoop", function("isfinite"), function("abs"), [1.0]), outputs=[("op", 0, 0)]
    ),
}  # fmt: skip


def write_archive(path, config):
    data = config if isinstance(config, (bytes, str)) else json.dumps(config)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("metadata.json", json.dumps({"keras_version": "3.15.1"}))
        file.writestr("config.json", data)
        file.writestr("model.weights.h5", b"")


@pytest.fixture(autouse=True, scope="module")
def loaded_before():
    """What is imported and found out once has been, when the files come."""
    made = kerasette.Sequential([kerasette.Input((3,)), layers.Dense(1)])
    made.compile("adam", "mse")
    kerasette.saving.deserialize_keras_object(kerasette.saving.serialize_keras_object(made))
    kerasette.registry.table("layer")
    kerasette.registry.table("callback")


@pytest.fixture(autouse=True)
def fewer_steps(monkeypatch):
    """Under the watch, each takes ten times as long."""
    monkeypatch.setattr("kerasette.core.budget.STEPS", 1000)


@pytest.mark.parametrize("safe_mode", [True, False, None])
@pytest.mark.parametrize("name", CONFIGS)
def test_archives_are_refused(name, safe_mode, tmp_path):
    path = tmp_path / "hostile.keras"
    write_archive(path, CONFIGS[name])
    said = refusal(
        lambda: kerasette.models.load_model(path, safe_mode=safe_mode), tmp_path, REFUSED
    )
    assert "hostile.keras" in said and "config.json" in said, said


@pytest.mark.parametrize("name", CONFIGS)
def test_older_files_are_refused(name, tmp_path):
    config = CONFIGS[name]
    path = tmp_path / "hostile.h5"
    with h5py.File(path, "w") as file:
        compiled = config.pop("compile_config", None) if isinstance(config, dict) else None
        file.attrs["model_config"] = json.dumps(config)
        if compiled is not None:
            file.attrs["training_config"] = json.dumps(compiled)
            config["compile_config"] = compiled
        file.create_group("model_weights").attrs["layer_names"] = np.array([], "S1")
    said = refusal(lambda: kerasette.models.load_model(path, safe_mode=False), tmp_path, REFUSED)
    assert "hostile.h5" in said, said


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"class_name":' * 50_000, "9" * 10_000, b"\xff\xfe\xfd", "", "null", "{} {}"],
    ids=lambda text: repr(text[:8]),
)
def test_what_is_no_json_of_an_object_is_refused(text, tmp_path):
    path = tmp_path / "hostile.keras"
    write_archive(path, text)
    said = refusal(lambda: kerasette.models.load_model(path), tmp_path, REFUSED)
    assert "hostile.keras" in said and "config.json" in said, said


@pytest.mark.parametrize("safe_mode", [True, False])
def test_lambdas_are_refused_without_a_file(safe_mode, tmp_path):
    config = layer("Lambda", function=LAMBDA)
    with watched(tmp_path):
        with pytest.raises(ValueError, match="never runs code"):
            deserialize_keras_object(config, safe_mode=safe_mode)
        with pytest.raises(ValueError, match="never runs code"):
            layers.Lambda.from_config(config["config"])
        with pytest.raises(ValueError, match="never runs code"):
            kerasette.Sequential.from_config(model(config)["config"])


def test_registered_names_are_not_confused(tmp_path):
    @register_keras_serializable("hostile_test")
    def shell(x):
        raise AssertionError("A file had a function called that it named as a class.")

    path = tmp_path / "hostile.keras"
    for name in ("shell", "hostile_test>shell", "os>shell"):
        write_archive(path, model(layer(name, "builtins", name, units=1)))
        refusal(lambda: kerasette.models.load_model(path), tmp_path, REFUSED)


def test_models_in_models_are_made():
    with budget(2**30):
        made = deserialize_keras_object(doubled(3))
        assert made(np.ones((1, 3), "float32")).shape == (1, 3)
        with pytest.raises(ValueError, match="operations"):
            charge_steps(10**6)


def test_a_graph_written_backwards_takes_no_longer(tmp_path):
    count = 400
    chain = [dense(node(tensor("measured", 0, 0)), name="d0")]
    chain += [dense(node(tensor(f"d{i}", 0, 0)), name=f"d{i + 1}") for i in range(count)]
    config = functional(*reversed(chain), outputs=[(f"d{count}", 0, 0)])
    made = deserialize_keras_object(config)
    assert len(made.layers) == count + 2
