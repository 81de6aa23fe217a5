"""``MelSpectrogram``: spectra on a scale of pitch, as people hear."""

from typing import Any

import numpy as np

from kerasette import ops
from kerasette.core.budget import charge
from kerasette.declared import declared
from kerasette.layers.preprocessing.data_layer import DataLayer


@declared
class MelSpectrogram(DataLayer):
    """Spectra in bands of the mel scale: ``(batch, steps) -> (batch, num_mel_bins, frames)``.

    Args:
        fft_length: how many steps are transformed.
        sequence_stride: how far frames are apart.
        sequence_length: how many steps a frame has; ``fft_length`` by default.
        window: the frames' window.
        sampling_rate: steps per second.
        num_mel_bins: the number of bands.
        min_freq, max_freq: the lowest and highest frequency, in hertz; half the sampling rate.
        power_to_db: whether the outputs are in decibels.
        top_db: how far below the loudest outputs are cut off.
        mag_exp: the power that magnitudes are taken to; 2 for energy.
        min_power: the least power that has a logarithm.
        ref_power: the power of 0 decibels.

    The mel scale is ``2595 * log10(1 + hertz / 700)`` (O'Shaughnessy, 1987).

    >>> kerasette.layers.MelSpectrogram(num_mel_bins=8)(ops.ones((2, 4000))).shape
    (2, 8, 8)

    Raises: ValueError for a frame longer than the transform.
    """

    fft_length: int = 2048
    sequence_stride: int = 512
    sequence_length: int | None = None
    window: Any = "hann"
    sampling_rate: int = 16000
    num_mel_bins: int = 128
    min_freq: float = 20.0
    max_freq: float | None = None
    power_to_db: bool = True
    top_db: float = 80.0
    mag_exp: float = 2.0
    min_power: float = 1e-10
    ref_power: float = 1.0

    def validate(self) -> None:
        self.sequence_length = self.sequence_length or self.fft_length
        self.max_freq = self.max_freq or int(self.sampling_rate / 2)
        if self.fft_length < self.sequence_length:
            raise ValueError(
                "`sequence_length` must not be above `fft_length`. Received: "
                f"sequence_length={self.sequence_length}, fft_length={self.fft_length}."
            )

    def call(self, inputs: Any) -> Any:
        dtype = self.compute_dtype if self.compute_dtype == "float64" else "float32"
        real, imag = ops.stft(
            ops.cast(inputs, dtype),
            sequence_length=self.sequence_length,
            sequence_stride=self.sequence_stride,
            fft_length=self.fft_length,
            window=self.window,
            center=True,
        )
        magnitude = ops.sqrt(ops.square(real) + ops.square(imag))
        bands = self.linear_to_mel_weight_matrix(
            self.num_mel_bins,
            self.fft_length // 2 + 1,
            self.sampling_rate,
            self.min_freq,
            self.max_freq,  # type: ignore[arg-type]
            dtype,
        )
        power = ops.matmul(ops.power(magnitude, self.mag_exp), bands)
        if self.power_to_db:
            power = self._decibels(power)
        return ops.cast(ops.swapaxes(power, -1, -2), self.compute_dtype)

    def _decibels(self, power: Any) -> Any:
        reference = 10 * float(np.log10(max(abs(self.ref_power), self.min_power)))
        found = 10 * ops.log10(ops.maximum(power, self.min_power)) - reference
        return ops.maximum(found, ops.max(found) - self.top_db)

    def linear_to_mel_weight_matrix(
        self,
        num_mel_bins: int = 20,
        num_spectrogram_bins: int = 129,
        sampling_rate: float = 8000,
        lower_edge_hertz: float = 125.0,
        upper_edge_hertz: float = 3800.0,
        dtype: str = "float32",
    ) -> Any:
        """Triangles over the bins of a spectrum: ``(num_spectrogram_bins, num_mel_bins)``.

        Each peaks at 1 and ends where its neighbours peak; the bin of frequency 0 has none.
        """
        charge((num_spectrogram_bins, num_mel_bins), 8, "The matrix of MelSpectrogram")
        edges = np.linspace(_mel(lower_edge_hertz), _mel(upper_edge_hertz), num_mel_bins + 2)
        bins = _mel(np.linspace(0, sampling_rate / 2, num_spectrogram_bins))[:, None]
        rise = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
        fall = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
        weights = np.maximum(0, np.minimum(rise, fall))
        weights[0] = 0
        return ops.convert_to_tensor(weights, dtype)


def _mel(hertz: Any) -> Any:
    return 1127 * np.log1p(np.asarray(hertz) / 700)
