"""``audio_dataset_from_directory``: WAV files in folders, one folder for each class."""

import wave
from typing import Any

import numpy as np

from kerasette.data.directory import files_dataset

_LOBES = 16  # of the sinc with which a signal is resampled, on each side


def audio_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Any = None,
    batch_size: int | None = 32,
    sampling_rate: int | None = None,
    output_sequence_length: int | None = None,
    ragged: bool = False,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    verbose: bool = True,
) -> Any:
    """Batches of sounds ``(batch, samples, channels)`` from -1 to 1, float32, with labels.

    Args:
        sampling_rate: the rate, in Hz, to which they are resampled.
        output_sequence_length: how many samples each has: longer ones are cut, shorter ones filled
            with zeros. Without it, those of a batch are filled up to the longest.
        ragged: not offered.

    The rest as in ``image_dataset_from_directory``.

    Returns: a PyDataset with ``class_names`` and ``file_paths``, or two.

    >>> words = kerasette.utils.audio_dataset_from_directory("words")  # doctest: +SKIP

    Raises: ValueError for arguments or a folder that do not fit, or a file that is no PCM WAV.
    """
    if ragged:
        raise ValueError("`ragged=True` is not offered: give `output_sequence_length`.")
    for name, value in (
        ("sampling_rate", sampling_rate),
        ("output_sequence_length", output_sequence_length),
    ):
        if value is not None and (not isinstance(value, int) or value < 1):
            raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value!r}.")

    def read(path: str) -> np.ndarray:
        sound, rate = read_wav(path)
        if sampling_rate is not None and rate != sampling_rate:
            sound = resampled(sound, rate, sampling_rate)
        if output_sequence_length is not None:
            sound = sound[:output_sequence_length]
            missing = output_sequence_length - len(sound)
            sound = np.pad(sound, ((0, missing), (0, 0)))
        return sound

    found = files_dataset(
        directory,
        read,
        (".wav",),
        labels=labels,
        label_mode=label_mode,
        class_names=class_names,
        batch_size=batch_size,
        shuffle=shuffle,
        seed=seed,
        validation_split=validation_split,
        subset=subset,
        follow_links=follow_links,
        verbose=verbose,
    )
    for dataset in found if isinstance(found, list) else [found]:
        dataset.fill_up = output_sequence_length is None
    return found


def read_wav(path: str) -> tuple[np.ndarray, int]:
    """A PCM WAV file as ``(samples, channels)`` from -1 to 1, and its rate in Hz."""
    try:
        with wave.open(path, "rb") as file:
            width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
            content = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{path!r} cannot be read as a WAV file: {error}.") from error
    if width == 1:  # unsigned
        values = (np.frombuffer(content, "uint8").astype("float32") - 128.0) / 128.0
    elif width == 3:
        parts = np.frombuffer(content, "uint8").reshape(-1, 3)
        whole = np.zeros((len(parts), 4), "uint8")
        whole[:, 1:] = parts
        values = whole.view("<i4")[:, 0].astype("float32") / 2.0**31
    else:
        values = np.frombuffer(content, f"<i{width}").astype("float32") / 2.0 ** (8 * width - 1)
    return values.reshape(-1, channels).astype("float32"), rate


def resampled(sound: np.ndarray, rate: int, new_rate: int) -> np.ndarray:
    """A sound ``(samples, channels)`` at another rate, by a windowed sinc that keeps what both
    rates can hold (J. O. Smith, "Digital Audio Resampling").
    """
    count = max(1, round(len(sound) * new_rate / rate))
    cutoff = min(1.0, new_rate / rate)
    reach = int(np.ceil(_LOBES / cutoff))
    places = np.arange(count) * (rate / new_rate)
    nearest = np.floor(places).astype("int64")
    offsets = np.arange(-reach + 1, reach + 1)
    distances = places[:, None] - (nearest[:, None] + offsets)
    window = np.cos(np.pi / 2 * np.clip(distances / reach, -1, 1)) ** 2
    weights = np.sinc(distances * cutoff) * window
    weights /= weights.sum(axis=1, keepdims=True)  # a constant stays what it is
    rows = np.clip(nearest[:, None] + offsets, 0, len(sound) - 1)
    return np.einsum("nk,nkc->nc", weights, sound[rows]).astype("float32")
