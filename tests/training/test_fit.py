"""``fit``: epochs, batches, order, weights of samples, validation, what it returns."""

import numpy as np
import pytest

import kerasette as keras

from .samples import Recorded, forked, mlp, rows, same, weights

X, Y, LABELS = rows()


def fitted(model, *args, **kwargs):
    """``fit`` in silence, with the same order of samples each time."""
    keras.utils.set_random_seed(5)
    return model.fit(*args, **({"verbose": 0} | kwargs))


def test_history_holds_each_epoch():
    history = fitted(mlp(metrics=["mae"]), X, Y, epochs=4, batch_size=6)
    assert history.epoch == [0, 1, 2, 3]
    assert set(history.history) == {"loss", "mae"}
    assert all(len(values) == 4 for values in history.history.values())
    assert history.history["loss"][-1] < history.history["loss"][0]
    assert history.model.history is history


def test_the_loss_is_the_mean_over_samples_also_with_a_smaller_last_batch():
    model = mlp(optimizer=keras.optimizers.SGD(0.0))
    expected = float(np.mean((model.predict(X, verbose=0) - Y) ** 2))
    history = fitted(model, X, Y, batch_size=8)
    assert history.history["loss"][0] == pytest.approx(expected, rel=1e-6)
    assert model.evaluate(X, Y, batch_size=5, verbose=0) == pytest.approx(expected, rel=1e-6)


def test_same_seed_same_bits_other_order_each_epoch():
    seen = []

    def run():
        class Look(keras.layers.Layer):
            def call(self, x):
                return x

        model = mlp(run_eagerly=True)
        step = model.train_step

        def noting(data):
            seen.append(np.asarray(data[0])[:, 0])
            return step(data)

        model.train_step = noting
        fitted(model, X, Y, epochs=2, batch_size=8)
        return weights(model)

    first, second = run(), run()
    assert same(first, second)
    epochs = [np.concatenate(seen[start : start + 3]) for start in range(0, 12, 3)]
    assert np.array_equal(epochs[0], epochs[2])
    assert np.array_equal(epochs[1], epochs[3])
    assert not np.array_equal(epochs[0], epochs[1])
    assert np.array_equal(np.sort(epochs[0]), np.sort(X[:, 0]))


@pytest.mark.parametrize("shuffle", [False, "batch"])
def test_shuffle(shuffle):
    batches = keras.training.data.ArrayBatches(X, batch_size=4, shuffle=shuffle, seed=3)
    found = [x for x, _, _ in batches.epoch(0)]
    straight = [X[i : i + 4] for i in range(0, len(X), 4)]
    if shuffle is False:
        assert same(found, straight)
        return
    assert not same(found, straight)
    assert len(found[-1]) == 2  # the smaller one stays last
    for batch in found:
        assert any(np.array_equal(batch, other) for other in straight)


def test_compiled_equals_eager():
    def run(**how):
        model = mlp(outputs=2, dropout=0.4, loss="mae", metrics=["mse"], **how)
        history = fitted(model, X, np.hstack([Y, -Y]), epochs=3, batch_size=5)
        return [*weights(model), *map(np.asarray, history.history.values())]

    traced = run()
    for how in ({"run_eagerly": True}, {"jit_compile": False}):
        for a, b in zip(traced, run(**how), strict=True):
            np.testing.assert_allclose(a, b, rtol=2e-6, atol=2e-7)
    assert same(traced, run(jit_compile=True))


def test_sample_weights_and_class_weights():
    model = mlp(outputs=2, optimizer=keras.optimizers.SGD(0.1))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    compiled = {"outputs": 2, "loss": loss, "optimizer": "sgd", "weighted_metrics": ["accuracy"]}
    by_sample, by_class, plain = mlp(**compiled), mlp(**compiled), mlp(**compiled)
    sample_weight = np.where(LABELS == 1, 3.0, 1.0).astype("float32")
    first = fitted(by_sample, X, LABELS, sample_weight=sample_weight, epochs=2)
    second = fitted(by_class, X, LABELS, class_weight={1: 3.0}, epochs=2)
    fitted(plain, X, LABELS, epochs=2)
    assert same(weights(by_sample), weights(by_class))
    assert first.history == second.history
    assert not same(weights(by_sample), weights(plain))
    one_hot = mlp(**compiled | {"loss": keras.losses.CategoricalCrossentropy(from_logits=True)})
    fitted(one_hot, X, keras.utils.to_categorical(LABELS), class_weight={0: 1, 1: 3}, epochs=2)
    for a, b in zip(weights(one_hot), weights(by_class), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="not both"):
        model.fit(X, LABELS, class_weight={0: 1.0}, sample_weight=sample_weight)
    with pytest.raises(ValueError, match="class numbers to weights"):
        model.fit(X, LABELS, class_weight={"a": 1.0})


def test_a_weight_of_zero_takes_a_sample_out():
    kept = np.arange(len(X)) % 2 == 0
    both = []
    for x, y, weight in ((X, Y, kept.astype("float32")), (X[kept], Y[kept], None)):
        model = mlp(optimizer=keras.optimizers.SGD(0.1), loss=keras.losses.MeanSquaredError("sum"))
        fitted(model, x, y, sample_weight=weight, batch_size=len(x), shuffle=False, epochs=2)
        both.append(weights(model))
    for a, b in zip(*both, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_validation():
    model = mlp(metrics=["mae"])
    history = fitted(model, X, Y, epochs=4, validation_split=0.25, validation_freq=2).history
    assert len(history["loss"]) == 4 and len(history["val_loss"]) == len(history["val_mae"]) == 2
    found = model.evaluate(X[16:], Y[16:], verbose=0, return_dict=True)
    assert history["val_loss"][-1] == pytest.approx(found["loss"], rel=1e-6)
    history = fitted(mlp(), X, Y, epochs=5, validation_data=(X, Y), validation_freq=[1, 5]).history
    assert len(history["val_loss"]) == 2
    weight = np.ones(len(X))
    for data in ([X, Y], (X, Y, weight), iter([(X, Y)])):
        assert "val_loss" in fitted(mlp(), X, Y, validation_data=data).history
    few = fitted(mlp(), X, Y, validation_data=(X, Y), validation_steps=1, validation_batch_size=5)
    model = mlp(optimizer=keras.optimizers.SGD(0.0))
    few = fitted(model, X, Y, validation_data=(X, Y), validation_steps=1, validation_batch_size=5)
    assert few.history["val_loss"][0] == pytest.approx(model.evaluate(X[:5], Y[:5], verbose=0))
    with pytest.raises(ValueError, match=r"validation_split=1\.5"):
        fitted(mlp(), X, Y, validation_split=1.5)
    with pytest.raises(ValueError, match="22 samples"):
        fitted(mlp(), X, Y, validation_split=0.999)


def test_initial_epoch_and_going_on():
    model = mlp()
    history = fitted(model, X, Y, epochs=5, initial_epoch=3)
    assert history.epoch == [3, 4]
    assert int(model.optimizer.iterations) == 2
    assert fitted(model, X, Y, epochs=3, initial_epoch=3).history == {}


def test_steps_per_epoch_goes_on_in_the_next_pass():
    model = mlp()
    fitted(model, X, Y, batch_size=8, steps_per_epoch=2, epochs=3)
    assert int(model.optimizer.iterations) == 6
    model = mlp()
    fitted(model, X, Y, batch_size=8, steps_per_epoch=7)  # beyond one pass
    assert int(model.optimizer.iterations) == 7
    seen = []
    batches = keras.training.data.ArrayBatches(X, batch_size=8)
    callbacks = keras.callbacks.CallbackList(model=model)
    loop = keras.training.loop.Loop(
        "train", lambda data: seen.append(len(data[0])), batches, callbacks, steps=2
    )
    for epoch in range(3):
        loop.epoch(epoch)
    assert seen == [8, 8, 6, 8, 8, 6]


def test_hooks_and_their_logs():
    note = Recorded()
    model = mlp(metrics=["mae"])
    fitted(model, X, Y, epochs=2, batch_size=11, validation_data=(X, Y), callbacks=[note])
    logs = ["loss", "mae"]
    both = ["loss", "mae", "val_loss", "val_mae"]
    epoch = [
        ("on_train_batch_begin", 0, []), ("on_train_batch_end", 0, logs),
        ("on_train_batch_begin", 1, []), ("on_train_batch_end", 1, logs),
        ("on_test_begin", []),
        ("on_test_batch_begin", 0, []), ("on_test_batch_end", 0, logs),
        ("on_test_batch_begin", 1, []), ("on_test_batch_end", 1, logs),
        ("on_test_end", logs),
    ]  # fmt: skip
    expected = [
        ("on_train_begin", []),
        ("on_epoch_begin", 0, []), *epoch, ("on_epoch_end", 0, both),
        ("on_epoch_begin", 1, []), *epoch, ("on_epoch_end", 1, both),
        ("on_train_end", both),
    ]  # fmt: skip
    assert note.calls == expected


def test_stop_training_ends_the_epoch():
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1

    model = mlp()
    history = fitted(model, X, Y, epochs=5, batch_size=4, callbacks=[Stop()])
    assert history.epoch == [0]
    assert int(model.optimizer.iterations) == 2
    assert fitted(model, X, Y, epochs=2).epoch == [0, 1]  # forgotten at the next call


def test_steps_per_execution_changes_hooks_alone():
    plain, grouped = mlp(), mlp(steps_per_execution=2)
    note = Recorded("on_train_batch_begin", "on_train_batch_end")
    first = fitted(plain, X, Y, batch_size=4, epochs=2)
    second = fitted(grouped, X, Y, batch_size=4, epochs=2, callbacks=[note])
    assert same(weights(plain), weights(grouped)) and first.history == second.history
    ends = [call[1] for call in note.calls if call[0] == "on_train_batch_end"]
    begins = [call[1] for call in note.calls if call[0] == "on_train_batch_begin"]
    assert ends == [1, 3, 5] * 2 and begins == [0, 2, 4] * 2
    assert np.array_equal(
        plain.predict(X, verbose=0, batch_size=4), grouped.predict(X, verbose=0, batch_size=4)
    )


def test_evaluate_and_predict():
    model = mlp(metrics=["mae"])
    values = model.evaluate(X, Y, verbose=0)
    named = model.evaluate(X, Y, verbose=0, return_dict=True)
    assert values == list(named.values()) and list(named) == ["loss", "mae"]
    assert isinstance(mlp().evaluate(X, Y, verbose=0), float)
    weighted = mlp().evaluate(X, Y, sample_weight=np.zeros(len(X)), verbose=0)
    assert weighted == 0.0
    assert len(model.predict(X, batch_size=5, steps=2, verbose=0)) == 10
    for size in (1, 7, 22, 100):
        np.testing.assert_allclose(
            model.predict(X, batch_size=size, verbose=0), np.asarray(model(X)), rtol=1e-6, atol=1e-6
        )
    found = forked().predict({"a": X, "b": X}, batch_size=8, verbose=0)
    assert found["value"].shape == (22, 1) and found["kind"].shape == (22, 2)
    first, second = forked(kind="list").predict([X, X], verbose=0)
    assert first.shape == (22, 1) and second.shape == (22, 2)
    kept = [model.predict(X * scale, batch_size=50, verbose=0) for scale in (1, 2)]
    for scale, out in zip((1, 2), kept, strict=True):
        out += 1.0  # it is the caller's own
        np.testing.assert_allclose(out - 1.0, np.asarray(model(X * scale)), rtol=1e-5, atol=1e-6)
    note = Recorded()
    model.predict(X, batch_size=12, verbose=0, callbacks=[note])
    names = [call[0] for call in note.calls]
    assert names == [
        "on_predict_begin", *["on_predict_batch_begin", "on_predict_batch_end"] * 2,
        "on_predict_end",
    ]  # fmt: skip
    assert ("on_predict_batch_end", 0, ["outputs"]) in note.calls


def test_on_batch():
    one, two = mlp(metrics=["mae"]), mlp(metrics=["mae"])
    loss, mae = one.train_on_batch(X, Y)
    history = fitted(two, X, Y, batch_size=len(X), shuffle=False)
    assert [loss, mae] == [history.history["loss"][0], history.history["mae"][0]]
    assert same(weights(one), weights(two))
    before = weights(one)
    found = one.test_on_batch(X, Y, return_dict=True)
    assert set(found) == {"loss", "mae"} and same(before, weights(one))
    assert found["loss"] == pytest.approx(one.evaluate(X, Y, verbose=0)[0], rel=1e-6)
    assert found["loss"] == one.test_on_batch(X, Y)[0]  # of this batch alone
    np.testing.assert_array_equal(one.predict_on_batch(X), one.predict(X, verbose=0))
    weighted = mlp()
    assert weighted.train_on_batch(X, Y, sample_weight=np.zeros(len(X))) == 0.0
    assert isinstance(mlp().test_on_batch(X[:1], Y[:1]), float)
    pairs = mlp(outputs=2, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    assert pairs.train_on_batch(X, LABELS, class_weight={0: 0.0, 1: 0.0}) == 0.0


def test_trainable_switched_and_compiled_again():
    model = mlp()
    fitted(model, X, Y)
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    before = weights(model)
    fitted(model, X, Y)
    after = weights(model)
    assert same(before[:2], after[:2]) and not same(before[2:], after[2:])
    model.trainable = True
    model.compile("sgd", "mse")
    fitted(model, X, Y)
    assert not same(after[:2], weights(model)[:2])


def test_nothing_trainable():
    model = mlp()
    model.trainable = False
    model.compile("sgd", "mse")
    before = weights(model)
    fitted(model, X, Y, epochs=2)
    assert same(before, weights(model))
