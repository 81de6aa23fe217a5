"""Models from a config: chains, graphs by names, saved files, and code of one's own."""

import numpy as np
import pytest
from kerasette.cli.config.load import load
from kerasette.cli.config.problems import ConfigError
from kerasette.cli.main import run
from kerasette.cli.model.annotations import fits, words
from kerasette.cli.model.code import load_code
from kerasette.cli.model.signatures import arguments_of
from kerasette.cli.run.training import set_up

import kerasette

FRONT = "version: 1\ndata: {type: iris, scale: standardize}\n"
BACK = """
compile: {optimizer: sgd, loss: sparse_categorical_crossentropy, metrics: [accuracy]}
fit: {epochs: 2}
"""


@pytest.fixture
def model_of(folder):
    """The compiled model of a section ``model``."""

    def made(section, code=None, front=FRONT, back=BACK):
        (folder / "c.yaml").write_text(front + section + back)
        return set_up(load(["c.yaml"]), load_code(code)).model

    return made


def test_a_chain_is_sequential(model_of):
    model = model_of(
        "model:\n  name: chain\n  layers:\n"
        "    - {type: Dense, units: 8, kernel_regularizer: {type: L2, l2: 0.01}}\n"
        "    - {type: Dense, units: 3, activation: softmax, kernel_initializer: zeros, name: end}\n"
    )
    assert isinstance(model, kerasette.Sequential) and model.name == "chain"
    assert model.layers[0].kernel_regularizer.l2 == pytest.approx(0.01)
    assert model.layers[1].name == "end" and not np.any(model.layers[1].get_weights()[0])


def test_a_graph_by_names(model_of):
    model = model_of(
        "model:\n  inputs: {flower: [4]}\n  outputs: last\n  layers:\n"
        "    - {type: Dense, units: 3, name: last, inputs: wide, activation: softmax}\n"
        "    - {type: Dense, units: 8, name: wide, inputs: flower, activation: relu}\n"
    )
    assert not isinstance(model, kerasette.Sequential)
    assert model.output_shape == (None, 3)
    assert [layer.name for layer in model.layers][1:] == ["wide", "last"]


def test_layers_that_take_several(folder, model_of):
    (folder / "own.py").write_text(CODE)
    model = model_of(
        "model:\n  layers:\n    - {type: Dense, units: 5, name: a}\n"
        "    - {type: Dense, units: 5, name: b, inputs: input}\n"
        "    - {type: Difference, inputs: {left: a, right: b}, name: c}\n"
        "    - {type: Joined, inputs: [a, c]}\n"
        "    - {type: Dense, units: 3, activation: softmax}\n",
        "own.py",
    )
    assert model.output_shape == (None, 3) and model.layers[-1].kernel.shape == (10, 3)


def test_several_outputs(model_of):
    model = model_of(
        "model:\n  outputs: [a, b]\n  layers:\n"
        "    - {type: Dense, units: 3, name: a, inputs: input, activation: softmax}\n"
        "    - {type: Dense, units: 3, name: b, inputs: input, activation: softmax}\n",
        back="\ncompile:\n  loss: [sparse_categorical_crossentropy, null]\n",
    )
    assert model.output_shape == [(None, 3), (None, 3)]


def test_wrapped_layers(model_of):
    model = model_of(
        "model:\n  layers:\n    - {type: Bidirectional, layer: {type: LSTM, units: 5}}\n"
        "    - {type: Dense, units: 3, activation: softmax}\n",
        front="version: 1\ndata: {type: iris, reshape: [2, 2]}\n",
    )
    assert model.layers[0].output.shape == (None, 10)


def test_schedules_and_metrics(model_of):
    model = model_of(
        "model: {layers: [{type: Dense, units: 3, activation: softmax}]}\n",
        back="compile:\n  optimizer:\n    type: SGD\n    learning_rate: {type: ExponentialDecay, "
        "initial_learning_rate: 0.5, decay_steps: 10, decay_rate: 0.9}\n"
        "  loss: {type: SparseCategoricalCrossentropy, from_logits: false}\n"
        "  metrics: [accuracy, {type: SparseTopKCategoricalAccuracy, k: 2, name: top}]\n",
    )
    assert float(model.optimizer.learning_rate) == 0.5
    found = model.evaluate(np.zeros((2, 4), "float32"), np.zeros(2), verbose=0, return_dict=True)
    assert set(found) == {"loss", "accuracy", "top"}


def test_a_saved_model_goes_on(folder, model_of):
    first = model_of("model: {layers: [{type: Dense, units: 3, activation: softmax}]}\n")
    first.save("first.keras")
    first.save_weights("first.weights.h5")
    again = model_of("model: {file: first.keras}\n")
    assert np.array_equal(first.get_weights()[0], again.get_weights()[0])
    loaded = model_of(
        "model:\n  weights: first.weights.h5\n"
        "  layers: [{type: Dense, units: 3, activation: softmax}]\n"
    )
    assert np.array_equal(first.get_weights()[0], loaded.get_weights()[0])


CODE = """\
import numpy as np
import kerasette

class Scale(kerasette.layers.Layer):
    def __init__(self, by: float = 2.0, **kwargs):
        super().__init__(**kwargs)
        self.by = by
    def call(self, x):
        return x * self.by
    def get_config(self):
        return {**super().get_config(), "by": self.by}

class Difference(kerasette.layers.Layer):
    def call(self, left, right):
        return left - right

class Joined(kerasette.layers.Layer):
    def call(self, inputs):
        return kerasette.ops.concatenate(inputs, axis=-1)

def make(units: int):
    return kerasette.Sequential([
        kerasette.layers.Dense(units, activation="relu"), Scale(3.0),
        kerasette.layers.Dense(3, activation="softmax"),
    ])

def load(count: int = 60):
    random = np.random.default_rng(0)
    x = random.normal(size=(count, 4)).astype("float32")
    return x, (x[:, 0] > 0).astype("int32") + (x[:, 1] > 0)

def own_loss(y_true, y_pred):
    return kerasette.losses.sparse_categorical_crossentropy(y_true, y_pred)
"""


def test_code_of_ones_own(folder, model_of, capsys):
    (folder / "own.py").write_text(CODE)
    model = model_of("model: {function: make, arguments: {units: 7}}\n", "own.py")
    assert model.built and model.layers[0].units == 7
    model = model_of(
        "model:\n  layers:\n    - {type: Scale, by: 5}\n"
        "    - {type: Dense, units: 3, activation: softmax}\n",
        "own.py",
    )
    assert model.layers[0].by == 5
    with pytest.raises(ConfigError, match=r"layers\[0\]\.bi: Scale has no argument 'bi'"):
        model_of("model: {layers: [{type: Scale, bi: 5}]}\n", "own.py")
    with pytest.raises(ConfigError, match="comes from a file given as --code"):
        model_of("model: {layers: [{type: Scale}]}\n")


def test_a_run_with_code_of_ones_own(folder, capsys):
    (folder / "own.py").write_text(CODE)
    (folder / "c.yaml").write_text(
        "version: 1\ndata: {type: function, name: load, arguments: {count: 80}}\n"
        "model: {function: make, arguments: {units: 7}}\n"
        "compile: {optimizer: sgd, loss: own_loss, metrics: [accuracy]}\nfit: {epochs: 3}\n"
    )
    assert run(["train", "c.yaml", "--code", "own.py", "-q"]) == 0
    (path,) = (folder / "runs").iterdir()
    assert (path / "config" / "own.py").read_text() == CODE
    assert run(["evaluate", str(path), "--code", "own.py"]) == 0
    assert run(["evaluate", str(path)]) == 4
    assert "--code" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("value", "annotation", "does"),
    [
        (3, int, True), (3.0, int, False), (True, int, False), (3, float, True), ("3", int, False),
        (None, int | None, True), ([1, 2], int | tuple[int, int], True),
        ([1], tuple[int, int], False),
        ([1, "a"], list[int], False), ("a", str, True), ({"a": 1}, dict[str, int], True),
        (3, "a name that is text", True), (1, bool, False),
    ],
)  # fmt: skip
def test_types_of_arguments(value, annotation, does):
    assert fits(value, annotation) is does


def test_types_in_words():
    assert words(int | None) == "an integer or null"
    assert words(int | tuple[int, ...]) == "an integer or a list of integers"
    assert words(tuple[int, int]) == "a list of 2 integers" and words(bool) == "true or false"


def test_arguments_of_layers():
    found = arguments_of(kerasette.layers.Dense)
    assert list(found.by_name)[:3] == ["units", "activation", "use_bias"]
    assert {"name", "dtype", "trainable", "input_shape"} <= set(found.by_name)
    assert found.by_name["units"].is_required and not found.takes_any
