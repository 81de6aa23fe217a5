"""Spectrograms against numpy's Fourier transform; pipelines of layers."""

import numpy as np
import pytest

import kerasette as keras
from kerasette import layers, ops

SOUND = np.random.default_rng(0).normal(size=(2, 50, 3)).astype("float32")


def spectra(sound, length=16, step=4, size=32):
    """``(batch, frames, bins, channels)``, of frames with a Hann window."""
    frames = np.stack([sound[:, i : i + length] for i in range(0, 50 - length + 1, step)], 1)
    window = np.hanning(length)[:, None]
    return np.fft.rfft(frames * window, size, axis=2)


@pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
@pytest.mark.parametrize("expand", [False, True])
@pytest.mark.parametrize("mode", ["real", "imag", "magnitude", "log", "stft", "psd"])
def test_stft(mode, expand, layout):
    layer = layers.STFTSpectrogram(
        mode, 16, 4, 32, scaling=None, expand_dims=expand, data_format=layout
    )
    first = layout == "channels_first"
    x = SOUND.transpose(0, 2, 1) if first else SOUND
    found = layer(x)
    np.testing.assert_allclose(keras.function(layer)(ops.array(x)), found, atol=1e-5)
    assert layer(keras.Input(x.shape[1:])).shape[1:] == found.shape[1:]
    whole = spectra(SOUND)
    power = np.abs(whole) ** 2
    doubled = power.copy()
    doubled[:, :, 1:-1] *= 2
    size = np.sqrt(np.maximum(power, 1e-7))
    expected = {
        "real": whole.real,
        "imag": whole.imag,
        "magnitude": size,
        "log": np.log(size),
        "stft": np.concatenate([whole.real, whole.imag], 2),
        "psd": doubled,
    }[mode]
    if not expand:
        expected = np.concatenate([expected[..., c] for c in range(3)], -1)
        expected = expected.transpose(0, 2, 1) if first else expected
    elif first:
        expected = expected.transpose(0, 3, 1, 2)
    np.testing.assert_allclose(found, expected, atol=2e-3 if mode == "log" else 1e-4, rtol=1e-3)


def test_spectrograms_can_be_trained_and_frozen():
    layer = layers.STFTSpectrogram(frame_length=16)
    layer.build(SOUND.shape)
    assert [w.name for w in layer.trainable_weights] == ["real_kernel", "imag_kernel"]
    again = layers.STFTSpectrogram.from_config(layer.get_config())
    np.testing.assert_array_equal(again(SOUND), layer(SOUND))


def test_a_tone_is_in_its_band():
    rate = 8000
    layer = layers.MelSpectrogram(
        fft_length=512, sequence_stride=128, sampling_rate=rate, num_mel_bins=20, min_freq=0.0
    )
    edges = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + rate / 2 / 700), 22) / 2595) - 1)
    for band in (5, 12, 18):
        tone = np.sin(2 * np.pi * edges[band + 1] * np.arange(4096) / rate).astype("float32")
        found = np.asarray(layer(tone))
        assert found.shape == (20, 33)
        assert found[:, 16].argmax() == band
        assert found.max() - found.min() <= 80 + 1e-3
    np.testing.assert_allclose(
        layer(np.stack([tone, tone])), np.stack([layer(tone)] * 2), atol=1e-3
    )
    again = layers.MelSpectrogram.from_config(layer.get_config())
    np.testing.assert_array_equal(again(tone), layer(tone))


def test_wrong_settings():
    with pytest.raises(ValueError, match="frame_step=20"):
        layers.STFTSpectrogram(frame_length=16, frame_step=20)
    with pytest.raises(ValueError, match="fft_length=8"):
        layers.STFTSpectrogram(frame_length=16, fft_length=8)
    with pytest.raises(ValueError, match="mode='phase'"):
        layers.STFTSpectrogram("phase")
    with pytest.raises(ValueError, match="sequence_length=600"):
        layers.MelSpectrogram(fft_length=512, sequence_length=600)


def test_pipeline():
    pipeline = layers.Pipeline(
        [layers.Masking(), layers.LSTM(4), layers.Dropout(0.5), layers.Rescaling(2.0)]
    )
    x = SOUND.copy()
    x[:, 10:] = 0
    found = pipeline(x, training=False)
    lstm = pipeline.layers[1]
    np.testing.assert_allclose(found, 2 * np.asarray(lstm(x[:, :10])), atol=1e-6)
    assert (np.asarray(pipeline(x, training=True)) == 0).any()
    again = layers.Pipeline.from_config(pipeline.get_config())
    again(x)
    again.set_weights(pipeline.get_weights())
    np.testing.assert_array_equal(again(x, training=False), found)
    assert len(pipeline.trainable_weights) == 3
    text = layers.Pipeline([layers.StringLookup(vocabulary=["a"]), layers.Embedding(2, 3)])
    assert text([["a", "b"]]).shape == (1, 2, 3)
    with pytest.raises(ValueError, match="list of layers"):
        layers.Pipeline(layers.Flatten())
