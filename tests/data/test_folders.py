"""Datasets of files in folders: order, labels, splits; images, texts, sounds."""

import struct
import wave

import numpy as np
import pytest

import kerasette as keras
from kerasette.callbacks.event_file import image as png_summary
from kerasette.data.audio_folder import read_wav, resampled
from kerasette.utils import (
    audio_dataset_from_directory,
    image_dataset_from_directory,
    text_dataset_from_directory,
)


@pytest.fixture
def texts(tmp_path):
    """Seven texts of two classes, and files that do not count."""
    for folder, count in (("bad", 3), ("good", 4), (".hidden", 1)):
        (tmp_path / folder / "deeper").mkdir(parents=True)
        for number in range(count):
            where = tmp_path / folder / ("deeper" if number == 1 else "")
            (where / f"{number}.txt").write_text(f"{folder} {number} ä", encoding="utf-8")
    (tmp_path / "good" / "notes.md").write_text("no")
    (tmp_path / "top.txt").write_text("no")
    return tmp_path


def everything(dataset):
    batches = list(dataset)
    return (
        [str(text) for x, _ in batches for text in x],
        np.concatenate([y for _, y in batches]).tolist(),
    )


def test_order_and_labels(texts, capsys):
    dataset = text_dataset_from_directory(texts, shuffle=False, batch_size=3)
    assert "Found 7 files belonging to 2 classes." in capsys.readouterr().out
    found, labels = everything(dataset)
    assert found == [f"bad {n} ä" for n in (0, 2, 1)] + [f"good {n} ä" for n in (0, 2, 3, 1)]
    assert labels == [0] * 3 + [1] * 4
    assert dataset.class_names == ["bad", "good"] and len(dataset.file_paths) == 7
    assert dataset.file_paths[2].endswith("1.txt")
    assert [len(x) for x, _ in dataset] == [3, 3, 1] and len(dataset) == 3
    other = text_dataset_from_directory(texts, shuffle=False, class_names=["good", "bad"])
    assert everything(other)[1] == [0] * 4 + [1] * 3
    given = text_dataset_from_directory(texts, labels=[7, 8, 8] * 3, shuffle=False)
    assert given.class_names == ["7", "8"] and len(given.file_paths) == 9  # in any folder


def test_label_modes(texts):
    binary = next(iter(text_dataset_from_directory(texts, label_mode="binary", shuffle=False)))[1]
    assert binary.dtype == np.float32 and binary[:, 0].tolist() == [0] * 3 + [1] * 4
    one_hot = next(
        iter(text_dataset_from_directory(texts, label_mode="categorical", shuffle=False))
    )
    assert one_hot[1].tolist() == [[1, 0]] * 3 + [[0, 1]] * 4
    for how in ({"labels": None}, {"label_mode": None}):
        assert next(iter(text_dataset_from_directory(texts, **how))).shape == (9,)
    assert text_dataset_from_directory(texts, batch_size=None, shuffle=False)[0][1] == 0
    cut = text_dataset_from_directory(texts, max_length=3, shuffle=False)
    assert set(everything(cut)[0]) == {"bad", "goo"}


def test_a_new_order_each_epoch(texts):
    dataset = text_dataset_from_directory(texts, seed=3, batch_size=2)
    first, second = everything(dataset), everything(dataset)
    assert first != second and sorted(first[0]) == sorted(second[0])
    for found, labels in (first, second):
        assert [int(text.startswith("good")) for text in found] == labels
    again = text_dataset_from_directory(texts, seed=3, batch_size=2)
    assert everything(again) == first
    straight = text_dataset_from_directory(texts, seed=3, batch_size=2)
    state = dataset.state()
    straight.load_state(state)
    assert everything(straight) == everything(dataset)


def test_splits(texts):
    how = {"validation_split": 0.3, "seed": 5, "batch_size": 10}
    train, test = text_dataset_from_directory(texts, subset="both", **how)
    assert len(train.file_paths) == 5 and len(test.file_paths) == 2
    assert not set(train.file_paths) & set(test.file_paths)
    assert (
        text_dataset_from_directory(texts, subset="training", **how).file_paths == train.file_paths
    )
    assert (
        text_dataset_from_directory(texts, subset="validation", **how).file_paths == test.file_paths
    )
    # The order for a seed, and so the split, is that of Keras.
    paths = text_dataset_from_directory(texts, shuffle=False).file_paths
    np.random.RandomState(5).shuffle(paths)
    assert train.file_paths + test.file_paths == paths


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"label_mode": "words"}, "`label_mode`"),
        ({"labels": "all"}, "`labels`"),
        ({"labels": [1, 2]}, "2 entries, but there are 9 files"),
        ({"class_names": ["good", "ugly"]}, r"\['ugly'\]"),
        ({"labels": None, "class_names": ["good"]}, "`class_names`"),
        ({"validation_split": 0.5}, "both `validation_split` and `subset`"),
        ({"validation_split": 2.0, "subset": "both"}, "`validation_split`"),
        ({"validation_split": 0.5, "subset": "test"}, "`subset`"),
        ({"validation_split": 0.5, "subset": "both"}, "give a `seed`"),
        ({"validation_split": 0.01, "subset": "validation", "seed": 1}, "no validation files"),
        ({"batch_size": 0}, "`batch_size`"),
    ],
)
def test_refused(texts, how, message):
    with pytest.raises(ValueError, match=message):
        text_dataset_from_directory(texts, **how)
    with pytest.raises(FileNotFoundError, match="must be a folder"):
        text_dataset_from_directory(texts / "none")
    (texts / "empty" / "a").mkdir(parents=True)
    with pytest.raises(ValueError, match="no files under"):
        text_dataset_from_directory(texts / "empty")


def write_wav(path, values, rate=8000, width=2, channels=1):
    codes = {1: "B", 2: "<h", 4: "<i"}
    path.parent.mkdir(exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        if width == 3:
            content = b"".join(struct.pack("<i", v)[:3] for v in values)
        else:
            content = b"".join(struct.pack(codes[width], v) for v in values)
        file.writeframes(content)


def test_sounds(tmp_path):
    write_wav(tmp_path / "a" / "one.wav", [0, 16384, -32768, 32767])
    write_wav(tmp_path / "b" / "two.wav", [16384] * 6)
    dataset = audio_dataset_from_directory(tmp_path, shuffle=False)
    sounds, labels = dataset[0]
    assert sounds.shape == (2, 6, 1) and labels.tolist() == [0, 1]  # filled up to the longest
    np.testing.assert_allclose(sounds[0, :, 0], [0, 0.5, -1, 32767 / 32768, 0, 0])
    cut = audio_dataset_from_directory(tmp_path, shuffle=False, output_sequence_length=5)
    assert cut[0][0].shape == (2, 5, 1) and cut[0][0][0, 4, 0] == 0
    faster = audio_dataset_from_directory(tmp_path, shuffle=False, sampling_rate=16000)
    assert faster[0][0].shape == (2, 12, 1)
    np.testing.assert_allclose(faster[0][0][1], 0.5, rtol=1e-6)
    with pytest.raises(ValueError, match="ragged"):
        audio_dataset_from_directory(tmp_path, ragged=True)
    (tmp_path / "a" / "wrong.wav").write_bytes(b"nothing of the kind")
    with pytest.raises(ValueError, match="cannot be read as a WAV file"):
        list(audio_dataset_from_directory(tmp_path, shuffle=False))


@pytest.mark.parametrize(
    ("width", "values"),
    [
        (1, [128, 192, 0]),
        (2, [0, 2**14, -(2**15)]),
        (3, [0, 2**22, -(2**23)]),
        (4, [0, 2**30, -(2**31)]),
    ],
)
def test_widths_of_samples(tmp_path, width, values):
    write_wav(tmp_path / "a" / "one.wav", values, rate=11025, width=width)
    sound, rate = read_wav(str(tmp_path / "a" / "one.wav"))
    assert rate == 11025
    np.testing.assert_allclose(sound[:, 0], [0, 0.5, -1.0])


def test_resampling_keeps_a_tone():
    for rate, new_rate in ((8000, 16000), (16000, 8000), (44100, 16000)):
        times, new_times = (
            np.arange(2000) / rate,
            np.arange(round(2000 * new_rate / rate)) / new_rate,
        )
        tone = np.sin(2 * np.pi * 440 * times)[:, None]
        found = resampled(tone, rate, new_rate)
        middle = slice(60, -60)
        expected = np.sin(2 * np.pi * 440 * new_times)
        np.testing.assert_allclose(found[middle, 0], expected[middle], atol=2e-3)
    high = np.sin(2 * np.pi * 7000 * np.arange(4000) / 16000)[:, None]  # more than 8 kHz can hold
    assert np.abs(resampled(high, 16000, 8000)[100:-100]).max() < 0.01


@pytest.fixture
def pictures(tmp_path):
    """Four PNG files of two classes, of one grey each."""
    pytest.importorskip("PIL")
    for index, folder in enumerate(("dark", "light")):
        (tmp_path / folder).mkdir()
        for number in range(2):
            pixels = np.full((8, 10 + number, 1), 40 + 100 * index, "uint8")
            content = png_summary(pixels)
            png = content[content.index(b"\x89PNG") :]
            (tmp_path / folder / f"{number}.png").write_bytes(png)
    return tmp_path


def test_images(pictures):
    dataset = image_dataset_from_directory(pictures, image_size=(4, 6), shuffle=False)
    images, labels = dataset[0]
    assert images.shape == (4, 4, 6, 3) and images.dtype == np.float32
    np.testing.assert_allclose(images.mean(axis=(1, 2, 3)), [40, 40, 140, 140])
    assert labels.tolist() == [0, 0, 1, 1]
    for color, channels in (("grayscale", 1), ("rgba", 4)):
        found = image_dataset_from_directory(pictures, color_mode=color, image_size=5)
        assert found[0][0].shape == (4, 5, 5, channels)
    first = image_dataset_from_directory(pictures, data_format="channels_first", image_size=(4, 6))
    assert first[0][0].shape == (4, 3, 4, 6)
    padded = image_dataset_from_directory(pictures, pad_to_aspect_ratio=True, image_size=(8, 8))
    assert padded[0][0].min() < 40  # black above and below
    (pictures / "dark" / "2.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match="cannot be read as an image"):
        list(image_dataset_from_directory(pictures, image_size=5, shuffle=False))


def test_images_refused(tmp_path):
    for how in ({"color_mode": "cmyk"}, {"image_size": (1, 2, 3)}, {"interpolation": "best"}):
        with pytest.raises(ValueError, match=f"`{next(iter(how))}`"):
            image_dataset_from_directory(tmp_path, **how)


def test_fit_on_a_folder(pictures):
    train, test = image_dataset_from_directory(
        pictures, image_size=(4, 4), validation_split=0.5, subset="both", seed=1, batch_size=1
    )
    model = keras.Sequential(
        [
            keras.Input((4, 4, 3)),
            keras.layers.Flatten(),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    history = model.fit(train, validation_data=test, epochs=2, verbose=0)
    assert len(history.history["val_loss"]) == 2
    assert model.predict(test, verbose=0).shape == (2, 2)
