"""Random stacks of layers: eager, compiled, loaded from a file, and trained either way."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import kerasette
from kerasette import layers, saving

CLOSE = {"rtol": 1e-4, "atol": 1e-5}
UNITS = st.integers(1, 5)
ACTIVATION = st.sampled_from([None, "relu", "tanh", "gelu", "softmax", "elu"])
# Each keeps `(batch, steps, features)`; only the number of steps and features may change.
PARTS = st.one_of(
    st.builds(layers.Dense, UNITS, activation=ACTIVATION, use_bias=st.booleans()),
    st.builds(
        layers.Conv1D,
        UNITS,
        st.integers(1, 3),
        strides=st.integers(1, 2),
        padding=st.sampled_from(["same", "causal"]),
        activation=ACTIVATION,
    ),
    st.builds(layers.LSTM, UNITS, return_sequences=st.just(True), go_backwards=st.booleans()),
    st.builds(layers.GRU, UNITS, return_sequences=st.just(True), reset_after=st.booleans()),
    st.builds(layers.Dropout, st.sampled_from([0.0, 0.4]), seed=st.integers(0, 9)),
    st.builds(layers.GaussianNoise, st.just(0.3), seed=st.integers(0, 9)),
    st.builds(layers.LayerNormalization, scale=st.booleans()),
    st.builds(layers.BatchNormalization, momentum=st.sampled_from([0.5, 0.9])),
    st.builds(layers.MaxPooling1D, st.integers(1, 2), padding=st.just("same")),
    st.builds(layers.AveragePooling1D, st.integers(1, 2), padding=st.just("same")),
    st.builds(layers.ZeroPadding1D, st.integers(0, 2)),
    st.builds(layers.UpSampling1D, st.integers(1, 2)),
    st.builds(layers.Activation, st.sampled_from(["silu", "softplus", "sigmoid"])),
)
ENDS = st.sampled_from(["GlobalAveragePooling1D", "GlobalMaxPooling1D", "Flatten"])
X = np.random.default_rng(0).normal(size=(4, 5, 3)).astype("float32")
Y = np.random.default_rng(1).normal(size=(4, 2)).astype("float32")


def stack(parts, end):
    head = [getattr(layers, end)(), layers.Dense(2)]
    return kerasette.Sequential([kerasette.Input((5, 3)), *parts, *head])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("stacks")


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(parts=st.lists(PARTS, min_size=1, max_size=4), end=ENDS)
def test_a_stack_is_the_same_everywhere(folder, parts, end):
    model = stack(parts, end)
    expected = np.asarray(model(X))
    compiled = kerasette.function(lambda x: model(x))(kerasette.ops.convert_to_tensor(X))
    np.testing.assert_allclose(np.asarray(compiled), expected, **CLOSE)
    np.testing.assert_allclose(model.predict(X, verbose=0), expected, **CLOSE)
    assert model.compute_output_shape((None, 5, 3)) == (None, *expected.shape[1:])
    model.save(folder / "model.keras")
    eager, traced = (saving.load_model(folder / "model.keras") for _ in range(2))
    np.testing.assert_array_equal(np.asarray(eager(X)), expected)
    for one, eagerly in ((eager, True), (traced, False)):
        one.compile(kerasette.optimizers.SGD(0.05), "mse", run_eagerly=eagerly)
        one.fit(X, Y, batch_size=2, shuffle=False, verbose=0)  # two steps
    for one, other in zip(traced.variables, eager.variables, strict=True):
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), **CLOSE)
    assert any(
        not np.array_equal(a, b)
        for a, b in zip(traced.get_weights(), model.get_weights(), strict=True)
    )
