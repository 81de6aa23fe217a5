"""Recurrent layers: masks, memory, directions, states, dropout, gradients through the loop."""

import numpy as np
import pytest

import kerasette as keras
from kerasette import layers, ops
from tests.ops.gradients import check

KINDS = {"SimpleRNN": 1, "GRU": 1, "LSTM": 2}
RANDOM = np.random.default_rng(0)
STEPS = RANDOM.normal(size=(3, 5, 2)).astype("float32")
MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [0, 1, 1, 0, 1]], bool)


def made(kind, **settings):
    """A layer of four units with fixed weights."""
    keras.utils.set_random_seed(1)
    layer = getattr(layers, kind)(4, **settings)
    layer.build(STEPS.shape)
    return layer


def values(structure):
    return [np.asarray(x) for x in keras.tree.flatten(structure)]


def assert_same(found, expected, tolerance=1e-6):
    for a, b in zip(values(found), values(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def by_hand(layer, sequence):
    """Outputs of all steps and the last states, by the cell alone."""
    states = layer.cell.get_initial_state(sequence.shape[0])
    states = states if isinstance(states, list) else [states]
    outputs = []
    for t in range(sequence.shape[1]):
        output, states = layer.cell(ops.array(sequence[:, t]), states)
        outputs.append(np.asarray(output))
    return np.stack(outputs, 1), states


@pytest.mark.parametrize("kind", KINDS)
def test_layer_is_its_cell_step_by_step(kind):
    layer = made(kind, return_sequences=True, return_state=True)
    outputs, states = by_hand(layer, STEPS)
    assert_same(layer(STEPS), [outputs, *states])
    assert_same(layers.RNN(layer.cell)(STEPS), outputs[:, -1])
    assert_same(made(kind, unroll=True)(STEPS), outputs[:, -1])


@pytest.mark.parametrize("kind", KINDS)
def test_eager_equals_traced(kind):
    layer = made(kind, return_sequences=True, return_state=True)
    traced = keras.function(lambda x, mask: layer(x, mask=mask))
    assert_same(traced(ops.array(STEPS), ops.array(MASK)), layer(STEPS, mask=ops.array(MASK)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_mask_at_the_end_is_a_shorter_sequence(kind):
    layer = made(kind, return_state=True)
    masked = layer(STEPS[1:2], mask=ops.array(MASK[1:2]))
    assert_same(masked, layer(STEPS[1:2, :2]))


@pytest.mark.parametrize("kind", KINDS)
def test_masked_steps_are_left_out(kind):
    layer = made(kind, return_sequences=True, return_state=True)
    kept = STEPS[2:3][:, MASK[2]]
    outputs, states = by_hand(layer, kept)
    found, *last = layer(STEPS[2:3], mask=ops.array(MASK[2:3]))
    assert_same(last, states)
    zeros = np.zeros_like(outputs[:, 0])  # before the first step there is no last output
    expected = [zeros, outputs[:, 0], outputs[:, 1], outputs[:, 1], outputs[:, 2]]
    assert_same(found, np.stack(expected, 1))


def test_zero_output_for_mask():
    cell = made("LSTM").cell
    layer = layers.RNN(cell, return_sequences=True, zero_output_for_mask=True)
    found = np.asarray(layer(STEPS, mask=ops.array(MASK)))
    assert (found[~MASK] == 0).all()
    assert (found[MASK] != 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_go_backwards_reads_from_the_end(kind):
    layer = made(kind, return_sequences=True, return_state=True, go_backwards=True)
    outputs, states = by_hand(layer, STEPS[:, ::-1])
    assert_same(layer(STEPS), [outputs, *states])


@pytest.mark.parametrize("kind", KINDS)
def test_stateful_goes_on_where_the_last_batch_ended(kind):
    whole = made(kind, return_sequences=True)(STEPS)
    layer = made(kind, return_sequences=True, stateful=True)
    first, second = layer(STEPS[:, :2]), layer(STEPS[:, 2:])
    assert_same(np.concatenate([first, second], 1), whole)
    layer.reset_states()
    assert_same(layer(STEPS), whole)


def test_stateful_in_a_trace():
    layer = made("GRU", stateful=True)
    traced = keras.function(layer)
    traced(ops.array(STEPS[:, :2]))
    assert_same(traced(ops.array(STEPS[:, 2:])), made("GRU")(STEPS))


def test_stateful_keeps_to_its_batch_size():
    layer = made("LSTM", stateful=True)
    layer(STEPS)
    with pytest.raises(ValueError, match=r"stateful for batches of 3\. Received: a batch of 2"):
        layer(STEPS[:2])
    with pytest.raises(ValueError, match="batch_shape"):
        layers.LSTM(4, stateful=True)(keras.Input((5, 2)))


@pytest.mark.parametrize("kind", KINDS)
def test_initial_state(kind):
    layer = made(kind, return_state=True)
    _, *states = layer(STEPS[:, :2])
    assert len(states) == KINDS[kind]
    assert_same(layer(STEPS[:, 2:], initial_state=states), layer(STEPS))


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_masks_are_one_for_all_steps_and_new_for_each_call(kind):
    layer = made(kind, dropout=0.5, seed=3, return_sequences=True)
    steps = np.repeat(RANDOM.normal(size=(1, 1, 2)), 4, 1).astype("float32")
    steps = np.tile(steps, (64, 1, 1))
    layer.cell.recurrent_kernel.assign(np.zeros(layer.cell.recurrent_kernel.shape))
    if kind == "SimpleRNN":  # no memory at all now, so equal inputs give equal outputs
        found = np.asarray(layer(steps, training=True))
        np.testing.assert_allclose(found, np.repeat(found[:, :1], 4, 1), atol=1e-6)
        assert len(np.unique(found[:, 0].round(5), axis=0)) == 4  # both, one, the other, none
    first, second = layer(steps, training=True), layer(steps, training=True)
    assert np.abs(np.asarray(first) - np.asarray(second)).max() > 1e-3
    assert_same(layer(steps), layer(steps))


@pytest.mark.parametrize("kind", KINDS)
def test_recurrent_dropout(kind):
    layer = made(kind, dropout=0.3, recurrent_dropout=0.5, seed=3)
    plain = made(kind)
    assert_same(layer(STEPS), plain(STEPS))
    first, second = layer(STEPS, training=True), layer(STEPS, training=True)
    assert np.abs(np.asarray(first) - np.asarray(second)).max() > 1e-3
    traced = keras.function(lambda x: layer(x, training=True))
    a, b = traced(ops.array(STEPS)), traced(ops.array(STEPS))
    assert np.abs(np.asarray(a) - np.asarray(b)).max() > 1e-3


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_gradients_through_the_loop(kind, masked):
    layer = made(kind, dtype="float64", return_sequences=True)
    mask = ops.array(MASK[:, :3]) if masked else None
    weights = [np.asarray(w) for w in layer.weights]
    steps = STEPS[:, :3].astype("float64")

    def outputs(x, *given):
        mapping = list(zip(layer.trainable_variables, given, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return layer(x, mask=mask)

    check(outputs, steps, *weights)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_of_weights_eager_and_traced(kind):
    layer = made(kind, dtype="float64")
    steps = ops.array(STEPS, dtype="float64")

    def gradients(x):
        with keras.GradientTape() as tape:
            loss = ops.sum(ops.square(layer(x)))
        return tape.gradient(loss, layer.trainable_variables)

    found = gradients(steps)
    assert_same(keras.function(gradients)(steps), found, 1e-12)
    variable, slope = layer.trainable_variables[1], np.asarray(found[1])
    before, change = np.asarray(variable), np.zeros(variable.shape)
    change[1, 2] = 1e-6

    def loss():
        return float(ops.sum(ops.square(layer(steps))))

    variable.assign(before + change)
    above = loss()
    variable.assign(before - change)
    np.testing.assert_allclose((above - loss()) / 2e-6, slope[1, 2], rtol=1e-6)


@pytest.mark.parametrize("mode", ["concat", "sum", "mul", "ave", None])
@pytest.mark.parametrize("sequences", [False, True])
def test_bidirectional(mode, sequences):
    layer = layers.Bidirectional(made("LSTM", return_sequences=sequences), merge_mode=mode)
    found = layer(STEPS)
    ahead = np.asarray(layer.forward_layer(STEPS))
    back = np.asarray(layer.backward_layer(STEPS))
    back = back[:, ::-1] if sequences else back
    expected = {
        "concat": np.concatenate([ahead, back], -1),
        "sum": ahead + back,
        "mul": ahead * back,
        "ave": (ahead + back) / 2,
        None: [ahead, back],
    }[mode]
    assert_same(found, expected)
    again = layers.Bidirectional.from_config(layer.get_config())
    again.build(STEPS.shape)
    again.set_weights(layer.get_weights())
    assert_same(again(STEPS), expected)


def test_bidirectional_masks_and_states():
    layer = layers.Bidirectional(made("GRU", return_state=True))
    mask = ops.array(MASK[1:2])
    output, ahead, back = layer(STEPS[1:2], mask=mask)
    assert_same([output, ahead, back], layer(STEPS[1:2, :2]))
    assert_same(output, np.concatenate([ahead, back], -1))
    with pytest.raises(ValueError, match="merge_mode"):
        layers.Bidirectional(layers.GRU(2), merge_mode="max")


def test_masks_from_a_layer_before_and_to_one_after():
    x = STEPS.copy()
    x[~MASK] = 0
    masking = layers.Masking()
    by_layer = made("LSTM")(masking(x))
    assert_same(by_layer, made("LSTM")(STEPS, mask=ops.array(MASK)))
    outputs = made("LSTM", return_sequences=True)(masking(x))
    np.testing.assert_array_equal(outputs._keras_mask, MASK)
    assert getattr(by_layer, "_keras_mask", None) is None


def test_stacked_cells():
    cells = [layers.LSTMCell(4), layers.GRUCell(3)]
    layer = layers.RNN(cells, return_sequences=True, return_state=True)
    outputs, *states = layer(STEPS)
    first = layers.RNN(cells[0], return_sequences=True)(STEPS)
    assert_same(outputs, layers.RNN(cells[1], return_sequences=True)(first))
    assert [x.shape for x in values(states)] == [(3, 4), (3, 4), (3, 3)]


def test_stacked_cells_draw_dropout_once_for_a_sequence():
    cells = [layers.SimpleRNNCell(4, dropout=0.5, seed=i) for i in range(2)]
    layer = layers.RNN(cells, return_sequences=True)
    steps = np.ones((64, 4, 2), "float32")
    layer(steps)
    for cell in cells:
        cell.recurrent_kernel.assign(np.zeros((4, 4)))
    for run in (layer, keras.function(lambda x: layer(x, training=True))):
        first, second = (
            np.asarray(
                run(ops.array(steps), training=True) if run is layer else run(ops.array(steps))
            )
            for _ in range(2)
        )
        assert np.ptp(first, axis=1).max() < 1e-6
        assert np.abs(first - second).max() > 1e-3


def test_time_distributed():
    dense = layers.Dense(4)
    assert_same(layers.TimeDistributed(dense)(STEPS), dense(STEPS), 1e-5)


CONFIGS = [
    lambda: layers.LSTM(4, dropout=0.1, activation="relu", kernel_regularizer="l2"),
    lambda: layers.GRU(4, reset_after=False, go_backwards=True, bias_initializer="ones"),
    lambda: layers.SimpleRNN(4, use_bias=False, return_state=True),
    lambda: layers.RNN([layers.LSTMCell(4), layers.SimpleRNNCell(3)]),
    lambda: layers.Bidirectional(layers.LSTM(4), merge_mode="ave"),
    lambda: layers.TimeDistributed(layers.Dense(4, activation="tanh")),
    lambda: layers.LSTM(4, dtype="mixed_bfloat16"),
]


@pytest.mark.parametrize("index", range(len(CONFIGS)))
def test_config_round_trip(index):
    layer = CONFIGS[index]()
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    first = layer(STEPS)
    again.build(STEPS.shape)
    again.set_weights(layer.get_weights())
    for a, b in zip(keras.tree.flatten(first), keras.tree.flatten(again(STEPS)), strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(np.asarray(a, "float32"), np.asarray(b, "float32"))


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_batch_and_length(kind):
    inputs = keras.Input((None, 2))
    x = layers.Bidirectional(getattr(layers, kind)(4, return_sequences=True))(inputs)
    assert x.shape == (None, None, 8)
    model = keras.Model(inputs, getattr(layers, kind)(3)(x))
    assert model.output_shape == (None, 3)
    for length in (1, 4):
        assert model(STEPS[:, :length]).shape == (3, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_fit_learns_which_end_is_larger(kind):
    keras.utils.set_random_seed(0)
    x = RANDOM.normal(size=(128, 6, 1)).astype("float32")
    y = (x[:, 0] > x[:, -1]).astype("float32")
    model = keras.Sequential([getattr(layers, kind)(8), layers.Dense(1, activation="sigmoid")])
    model.compile(keras.optimizers.Adam(0.03), "binary_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=12, batch_size=32, verbose=0)
    assert history.history["accuracy"][-1] > 0.9


CLIPS = RANDOM.normal(size=(2, 3, 4, 5, 2)).astype("float32")


def test_conv_lstm_of_single_pixels_is_an_lstm():
    conv = layers.ConvLSTM2D(4, 1, return_state=True)
    clips = CLIPS[:, :, :1, :1]
    conv.build(clips.shape)
    lstm = layers.LSTM(4, return_state=True)
    lstm.build((2, 3, 2))
    lstm.set_weights([w.reshape(w.shape[-2:]) if w.ndim > 1 else w for w in conv.get_weights()])
    for a, b in zip(conv(clips), lstm(clips[:, :, 0, 0]), strict=True):
        np.testing.assert_allclose(np.asarray(a)[:, 0, 0], b, atol=1e-6)


def test_conv_lstm_behaviour():
    layer = layers.ConvLSTM2D(3, 2, padding="same", return_sequences=True)
    whole = layer(CLIPS)
    again = layers.ConvLSTM2D.from_config(layer.get_config() | {"stateful": True})
    again.build(CLIPS.shape)
    again.set_weights(layer.get_weights())
    parts = [again(CLIPS[:, :1]), again(CLIPS[:, 1:])]
    assert_same(np.concatenate(parts, 1), whole, 1e-5)
    assert_same(keras.function(layer)(ops.array(CLIPS)), whole, 1e-5)
    symbolic = layers.ConvLSTM2D(3, 2, return_sequences=True)(keras.Input((None, 4, 5, 2)))
    assert symbolic.shape == (None, None, 3, 4, 3)
    dropping = layers.ConvLSTM2D(3, 2, dropout=0.3, recurrent_dropout=0.3, seed=1)
    a, b = dropping(CLIPS, training=True), dropping(CLIPS, training=True)
    assert a.shape == (2, 3, 4, 3)
    assert np.abs(np.asarray(a) - np.asarray(b)).max() > 1e-3


def test_conv_lstm_gradients():
    layer = layers.ConvLSTM1D(2, 2, dtype="float64")
    steps = CLIPS[:, :2, 0].astype("float64")
    layer.build(steps.shape)
    check(layer, steps)


def test_wrong_arguments():
    with pytest.raises(ValueError, match=r"`units` must be a positive integer\. Received: units=0"):
        layers.LSTM(0)
    with pytest.raises(ValueError, match="dropout"):
        layers.GRU(3, dropout=1.5)
    with pytest.raises(ValueError, match="state_size"):
        layers.RNN(layers.Dense(3))
    with pytest.raises(ValueError, match="kernel_size"):
        layers.ConvLSTM2D(3, (1, 2, 3))
    with pytest.raises(ValueError, match="size is known"):
        layers.ConvLSTM2D(3, 2)(keras.Input((3, None, 4, 1)))
    with pytest.raises(ValueError, match="expected 3 dimensions, came 2"):
        layers.LSTM(3)(np.zeros((2, 3), "float32"))


@pytest.mark.parametrize("name", ["SimpleRNN", "GRU", "LSTM", "ConvLSTM1D", "ConvLSTM2D"])
def test_what_layer_and_cell_have_in_common_is_the_cells(name):
    size = {"filters": 2, "kernel_size": 3} if name.startswith("Conv") else {"units": 2}
    layer = getattr(keras.layers, name)(**size, dropout=0.25, kernel_regularizer="l2")
    assert layer.dropout == 0.25 and layer.kernel_regularizer is layer.cell.kernel_regularizer
    assert all(getattr(layer, key) == getattr(layer.cell, key) for key in (*size, "use_bias"))
    layer.dropout = 0.5
    assert layer.cell.dropout == 0.5 and layer.get_config()["dropout"] == 0.5
    assert not hasattr(layer, "no_such_thing")
    twin = type(layer).from_config(layer.get_config())
    assert twin.dropout == 0.5 and twin.get_config() == layer.get_config()
    with pytest.raises(AttributeError, match="no attribute 'units'"):
        _ = object.__new__(type(layer)).units
