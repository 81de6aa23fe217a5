"""keras.layers: recurrent layers and cells, their wrappers, and convolutional LSTMs."""

import numpy as np

from tests.golden.harness import bools, differentiate, real, record, tensor_of
from tests.golden.layer_case import LayerCases, set_weights

CASES = LayerCases("layers_recurrent")
layer = CASES.layer

STEPS = real(2, 5, 3)
MASK = bools(2, 5, seed=3)
MASK[:, 0] = [True, False]
LATE = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], bool)
STATES = {"SimpleRNN": 1, "GRU": 1, "LSTM": 2}

for name, count in STATES.items():
    for variant in (
        {},
        {"return_sequences": True},
        {"return_sequences": True, "return_state": True},
        {"go_backwards": True, "return_sequences": True},
        {"unroll": True},
        {"use_bias": False},
        {"activation": "relu"},
        {"dropout": 0.5, "recurrent_dropout": 0.5},
    ):
        layer(name, {"units": 4, **variant}, STEPS)
    for mask in (MASK, LATE):
        layer(name, {"units": 4, "return_state": True}, STEPS, mask=mask)
        layer(name, {"units": 4, "return_sequences": True}, STEPS, mask=mask)
    layer(name, {"units": 4, "return_sequences": True, "go_backwards": True}, STEPS, mask=LATE)
    layer(name, {"units": 4, "unroll": True, "return_sequences": True}, STEPS, mask=MASK)
    start = [real(2, 4, seed=i) for i in range(count)]
    layer(name, {"units": 4, "return_state": True}, STEPS, initial_state=start)
    # Torch overwrites the state in place and then has no gradient through it.
    kept = {"units": 4, "stateful": True}
    layer(name, kept, STEPS, _calls=2, _gradient=False)
    layer(name, {**kept, "return_sequences": True}, STEPS, _calls=3, _gradient=False)
    cell = f"{name}Cell"
    layer(cell, {"units": 4}, real(2, 3), start)
    layer(cell, {"units": 4, "use_bias": False}, real(2, 3), start)
for variant in (
    {"reset_after": False},
    {"reset_after": False, "return_sequences": True, "use_bias": False},
    {"recurrent_activation": "hard_sigmoid"},
):
    layer("GRU", {"units": 4, **variant}, STEPS)
layer("GRU", {"units": 4, "reset_after": False}, STEPS, mask=MASK)
layer("LSTM", {"units": 4, "recurrent_activation": "hard_sigmoid"}, STEPS)
layer("LSTM", {"units": 4, "kernel_regularizer": "l2", "recurrent_regularizer": "l1"}, STEPS)
layer("LSTM", {"units": 3}, real(2, 1, 3))


@CASES.case("layers.LSTM", "layers.GRU", "layers.SimpleRNN")
def starting_weights(keras):
    """Biases as made: the LSTM's forget gate starts at one; orthogonal recurrent kernels."""
    found = []
    for name in STATES:
        made = getattr(keras.layers, name)(4)
        made.build((None, 5, 3))
        kernel, recurrent, bias = (keras.ops.convert_to_numpy(w) for w in made.weights)
        found.append([bias, recurrent.shape, np.round(recurrent @ recurrent.T, 4), kernel.shape])
    return found


def rnn(label: str, cell, *inputs, **call) -> None:
    """A case of RNN around ``cell(keras)``, with all that it can return."""
    settings = {k: call.pop(k) for k in ("return_sequences", "zero_output_for_mask") if k in call}
    layer(
        "RNN",
        lambda keras: keras.layers.RNN(cell(keras), return_state=True, **settings),
        *inputs,
        _label=f"{label} {sorted(settings)}",
        **call,
    )


rnn("LSTMCell", lambda keras: keras.layers.LSTMCell(4), STEPS)
rnn("GRUCell", lambda keras: keras.layers.GRUCell(4), STEPS, return_sequences=True)
rnn("SimpleRNNCell", lambda keras: keras.layers.SimpleRNNCell(4), STEPS, mask=MASK)
masked = {"mask": MASK, "return_sequences": True, "zero_output_for_mask": True}
rnn("LSTMCell, zeros", lambda keras: keras.layers.LSTMCell(4), STEPS, **masked)
rnn(
    "two cells",
    lambda keras: [keras.layers.LSTMCell(4), keras.layers.GRUCell(3)],
    STEPS,
    return_sequences=True,
)
rnn(
    "stacked cells",
    lambda keras: keras.layers.StackedRNNCells([keras.layers.GRUCell(4), keras.layers.LSTMCell(2)]),
    STEPS,
    mask=MASK,
    _covers=("layers.StackedRNNCells",),
)


@CASES.case("layers.RNN")
def own_cell(keras):
    """A cell of one's own."""

    class Cell(keras.layers.Layer):
        def __init__(self, units):
            super().__init__()
            self.units, self.state_size = units, units

        def build(self, input_shape):
            self.kernel = self.add_weight(shape=(input_shape[-1], self.units), name="kernel")

        def call(self, inputs, states):
            out = keras.ops.tanh(keras.ops.matmul(inputs, self.kernel) + 0.5 * states[0])
            return out, [out]

    made = keras.layers.RNN(Cell(4), return_sequences=True)
    made(tensor_of(keras, STEPS))
    set_weights(made)
    return made(tensor_of(keras, STEPS))


for merge_mode in ("concat", "sum", "mul", "ave", None):
    layer(
        "Bidirectional",
        lambda keras, mode=merge_mode: keras.layers.Bidirectional(
            keras.layers.LSTM(3, return_sequences=True), merge_mode=mode
        ),
        STEPS,
        _label=str(merge_mode),
    )
    layer(
        "Bidirectional",
        lambda keras, mode=merge_mode: keras.layers.Bidirectional(
            keras.layers.GRU(3), merge_mode=mode
        ),
        STEPS,
        _label=f"{merge_mode}, last output",
    )
layer(
    "Bidirectional",
    lambda keras: keras.layers.Bidirectional(keras.layers.LSTM(3, return_sequences=True)),
    STEPS,
    mask=LATE,
)
layer(
    "Bidirectional",
    lambda keras: keras.layers.Bidirectional(keras.layers.LSTM(3, return_state=True)),
    STEPS,
    _label="with states",
)
layer(
    "Bidirectional",
    lambda keras: keras.layers.Bidirectional(
        keras.layers.LSTM(3, return_sequences=True),
        backward_layer=keras.layers.GRU(2, return_sequences=True, go_backwards=True),
    ),
    STEPS,
    _label="two kinds",
)
layer(
    "Bidirectional",
    lambda keras: keras.layers.Bidirectional(keras.layers.SimpleRNN(3)),
    STEPS,
    _label="with initial state",
    initial_state=[real(2, 3), real(2, 3, seed=1)],
)
layer(
    "TimeDistributed",
    lambda keras: keras.layers.TimeDistributed(keras.layers.LSTM(3)),
    real(2, 3, 4, 2),
)

# --- convolutional LSTMs --------------------------------------------------------------------------

CLIPS = {1: real(2, 3, 6, 2), 2: real(2, 3, 5, 4, 2), 3: real(1, 2, 4, 3, 4, 2)}
FIRST = {1: real(2, 3, 2, 6), 2: real(2, 3, 2, 5, 4), 3: real(1, 2, 2, 4, 3, 4)}
for rank, clips in CLIPS.items():
    name, config = f"ConvLSTM{rank}D", {"filters": 2, "kernel_size": 2}
    layer(name, config, clips)
    layer(name, {**config, "padding": "same", "return_sequences": True}, clips)
    layer(name, {**config, "data_format": "channels_first", "return_state": True}, FIRST[rank])
    layer(name, {**config, "strides": 2, "go_backwards": True}, clips)
layer("ConvLSTM2D", {"filters": 2, "kernel_size": 2, "use_bias": False}, CLIPS[2])
layer(
    "ConvLSTM2D",
    {"filters": 2, "kernel_size": 2, "stateful": True},
    CLIPS[2],
    _calls=2,
    _gradient=False,
)
layer("ConvLSTM2D", {"filters": 2, "kernel_size": 2, "dilation_rate": 2}, CLIPS[2])
layer("ConvLSTM2D", {"filters": 2, "kernel_size": 2}, CLIPS[2], mask=bools(2, 3))


@CASES.case("layers.LSTM", "layers.Dense")
def second_order(keras):
    """An encoder's states start a decoder: gradients through both."""
    encoder = keras.layers.LSTM(4, return_state=True)
    decoder = keras.layers.LSTM(4, return_sequences=True)
    head = keras.layers.Dense(2, activation="softmax")

    def translate(source, target):
        _, *states = encoder(source)
        return head(decoder(target, initial_state=states))

    inputs = [STEPS, real(2, 4, 3)]
    translate(*(tensor_of(keras, x) for x in inputs))
    for part in (encoder, decoder, head):
        set_weights(part)
    variables = [v for part in (encoder, decoder, head) for v in part.trainable_variables]
    outputs, slopes = differentiate(keras, translate, inputs, variables)
    return record(keras, "out", outputs) | slopes
