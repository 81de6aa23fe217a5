"""Event files: read back by a small reader of their format, and by TensorBoard."""

import struct
import warnings

import numpy as np
import pytest

import kerasette as keras
from kerasette.callbacks import TensorBoard
from kerasette.callbacks.event_file import EventFile, crc32c, histogram, scalar

from .samples import mlp, rows

X, Y, LABELS = rows()


def fields(content):
    """The fields of a protocol buffer message: ``(number, value)``."""
    place = 0

    def varint():
        nonlocal place
        value = shift = 0
        while True:
            byte = content[place]
            place += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 128:
                return value

    while place < len(content):
        number, kind = divmod(varint(), 8)
        if kind == 0:
            yield number, varint()
        elif kind == 2:
            size = varint()
            yield number, content[place : place + size]
            place += size
        else:
            size = {1: 8, 5: 4}[kind]
            form = {1: "<d", 5: "<f"}[kind]
            yield number, struct.unpack(form, content[place : place + size])[0]
            place += size


def events(path):
    """The records of a file, their checksums looked at."""
    content = path.read_bytes()
    place = 0
    while place < len(content):
        head, (checksum,) = content[place : place + 8], struct.unpack_from("<I", content, place + 8)
        assert masked(head) == checksum
        (length,) = struct.unpack("<Q", head)
        record = content[place + 12 : place + 12 + length]
        assert masked(record) == struct.unpack_from("<I", content, place + 12 + length)[0]
        place += 16 + length
        yield dict(fields(record))


def masked(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17 & 0xFFFFFFFF) + 0xA282EAD8) & 0xFFFFFFFF


def scalars(folder):
    """The numbers in all files of a folder: ``{tag: {step: value}}``."""
    found = {}
    for path in sorted(folder.glob("events.out.tfevents.*")):
        for event in events(path):
            if 5 in event:
                value = dict(fields(dict(fields(event[5]))[1]))
                if 2 in value:
                    found.setdefault(value[1].decode(), {})[event.get(2, 0)] = value[2]
    return found


def test_checksums():
    # Test vectors of RFC 3720, appendix B.4.
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E


def test_scalars(tmp_path):
    model = mlp(metrics=["mae"])
    board = TensorBoard(tmp_path)
    how = {"epochs": 3, "batch_size": 8, "validation_split": 0.3, "verbose": 0}
    history = model.fit(X, Y, **how, callbacks=[board]).history
    train, validation = scalars(tmp_path / "train"), scalars(tmp_path / "validation")
    assert set(train) == {"epoch_loss", "epoch_mae", "epoch_learning_rate"}
    assert set(validation) == {"epoch_loss", "epoch_mae"}
    for tag, name in (("epoch_loss", "loss"), ("epoch_mae", "mae")):
        assert list(train[tag].values()) == [np.float32(v) for v in history[name]]
        assert list(validation[tag].values()) == [np.float32(v) for v in history[f"val_{name}"]]
        assert list(train[tag]) == [0, 1, 2]


def test_each_batch(tmp_path):
    board = TensorBoard(tmp_path, update_freq=2, write_steps_per_second=True, write_graph=False)
    model = mlp()
    model.fit(X, Y, epochs=2, batch_size=6, verbose=0, callbacks=[board])  # 4 batches an epoch
    found = scalars(tmp_path / "train")
    assert list(found["batch_loss"]) == [1, 3, 5, 7]
    assert len(found["batch_steps_per_second"]) == 8
    assert all(value > 0 for value in found["epoch_steps_per_second"].values())
    value = model.evaluate(X, Y, verbose=0, callbacks=[board])
    found = scalars(tmp_path / "validation")["evaluation_loss_vs_iterations"]
    assert found == {8: np.float32(value)}


def test_refused():
    with pytest.raises(ValueError, match="`update_freq`"):
        TensorBoard(update_freq="step")
    with pytest.warns(UserWarning, match="profile_batch"):
        TensorBoard(profile_batch=2)


def test_histograms_that_have_no_values(tmp_path):
    file = EventFile(tmp_path)
    for values in (np.array([np.nan]), np.zeros(0), np.ones(3)):
        file.add("h", histogram(values), 1)
    file.add("s", scalar(float("nan")), 2)
    file.close()
    (path,) = tmp_path.iterdir()
    assert len(list(events(path))) == 5


def test_embeddings(tmp_path):
    words = keras.layers.Embedding(5, 2, name="words")
    layers = [keras.Input((3,)), words, keras.layers.Flatten(), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile("sgd", "mse")
    board = TensorBoard(tmp_path, embeddings_freq=1, embeddings_metadata={"words": "words.txt"})
    model.fit(np.zeros((4, 3), "int32"), np.zeros((4, 1)), verbose=0, callbacks=[board])
    table = np.loadtxt(tmp_path / "words.tsv", delimiter="\t")
    np.testing.assert_allclose(table, np.asarray(model.layers[0].embeddings), rtol=1e-6)
    described = (tmp_path / "projector_config.pbtxt").read_text()
    assert 'tensor_path: "words.tsv"' in described and 'metadata_path: "words.txt"' in described


def test_tensorboard_reads_it(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    board = TensorBoard(tmp_path, histogram_freq=1, write_images=True)
    model = mlp()
    history = model.fit(X, Y, epochs=2, verbose=0, callbacks=[board]).history
    found = reader.EventAccumulator(str(tmp_path / "train"))
    found.Reload()
    assert [event.value for event in found.Scalars("epoch_loss")] == pytest.approx(history["loss"])
    kernel = model.layers[0].kernel
    last = found.Histograms(f"{kernel.path}/histogram")[-1].histogram_value
    assert last.num == 15 and last.max == pytest.approx(float(np.asarray(kernel).max()))
    picture = found.Images(f"{kernel.path}/image")[-1]
    assert (picture.height, picture.width) == (3, 5)
    names = {node.name for node in found.Graph().node}
    assert {layer.name for layer in model.layers} <= names


def _tags_and_steps(folder):
    (path,) = folder.iterdir()
    found = []
    for event in events(path):
        if 5 in event:
            tag = dict(fields(dict(fields(event[5]))[1]))[1].decode()
            found.append((tag, event.get(2, 0)))
    return found


def test_a_resumed_run_goes_on_with_its_files_and_doubles_nothing(tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    def fit(folder, *others):
        model = mlp()
        model.compile("sgd", "mse")
        board = TensorBoard(folder / "logs", update_freq=1)
        keep = keras.callbacks.BackupAndRestore(folder / "backup", save_freq=3)
        model.fit(X, Y, batch_size=16, epochs=4, verbose=0, callbacks=[board, keep, *others])

    fit(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path / "cut", Stop())
    assert len(_tags_and_steps(tmp_path / "cut" / "logs" / "train")) > 0
    fit(tmp_path / "cut")
    whole, cut = (_tags_and_steps(tmp_path / name / "logs" / "train") for name in ("whole", "cut"))
    assert cut == whole
