"""``STFTSpectrogram``: the short-time Fourier transform as a convolution, which may be trained."""

from typing import Any

import numpy as np

from kerasette import initializers, ops
from kerasette.arrays import settings
from kerasette.declared import declared
from kerasette.layers.convolutional.windows import one_of, per_axis
from kerasette.layers.input_spec import InputSpec
from kerasette.layers.layer import Layer

_MODES = ("log", "magnitude", "psd", "real", "imag", "angle", "stft")


@declared
class STFTSpectrogram(Layer):
    """Spectra of frames: ``(batch, steps, channels) -> (batch, frames, channels * bins)``.

    There are ``fft_length // 2 + 1`` bins, and twice as many in mode "stft".

    Args:
        mode: "log" (of the magnitude), "magnitude", "psd" (power), "real", "imag", "angle", or
            "stft": real and imaginary parts.
        frame_length: how many steps a frame has.
        frame_step: how far frames are apart; half their length by default.
        fft_length: how many steps are transformed; the next power of two by default.
        window: the frames' window, such as "hann"; ``None`` for none.
        periodic: whether the window is periodic, not symmetric.
        scaling: "density" or "spectrum": what power is divided by; ``None`` for nothing.
        padding: "valid" or "same".
        expand_dims: whether channels have an axis of their own:
            ``(batch, frames, bins, channels)``.
        data_format: "channels_last" or "channels_first".

    >>> kerasette.layers.STFTSpectrogram(frame_length=16)(ops.ones((2, 64, 1))).shape
    (2, 7, 9)

    Raises: ValueError for a step longer than a frame, or a transform shorter than it.
    """

    mode: str = "log"
    frame_length: int = 256
    frame_step: int | None = None
    fft_length: int | None = None
    window: Any = "hann"
    periodic: bool = False
    scaling: str | None = "density"
    padding: str = "valid"
    expand_dims: bool = False
    data_format: str | None = None

    def validate(self) -> None:
        layer = type(self).__name__
        per_axis(self.frame_length, 1, "frame_length", layer)
        if self.frame_step is not None and not 1 <= self.frame_step <= self.frame_length:
            raise ValueError(
                "`frame_step` must be from 1 to `frame_length`. Received: "
                f"frame_step={self.frame_step}, frame_length={self.frame_length}."
            )
        if self.fft_length is not None and self.fft_length < self.frame_length:
            raise ValueError(
                "`fft_length` must not be below `frame_length`. Received: "
                f"fft_length={self.fft_length}, frame_length={self.frame_length}."
            )
        self.mode = one_of(self.mode, _MODES, "mode", layer)
        self.padding = one_of(self.padding, ("valid", "same"), "padding", layer)
        if self.scaling is not None:
            one_of(self.scaling, ("density", "spectrum"), "scaling", layer)
        self.data_format = settings.standardize_data_format(self.data_format)
        self._step = self.frame_step or max(self.frame_length // 2, 1)
        self._size = self.fft_length or 2 ** int(np.ceil(np.log2(self.frame_length)))
        self.input_spec = InputSpec(ndim=3)
        self.real_kernel: Any = None
        self.imag_kernel: Any = None

    def build(self, input_shape: Any) -> None:
        shape = (self.frame_length, 1, self._size // 2 + 1)
        for side in ("real", "imag"):
            if self.mode != {"real": "imag", "imag": "real"}[side]:
                start = initializers.STFT(side, self.window, self.scaling, self.periodic)
                kernel = self.add_weight(name=f"{side}_kernel", shape=shape, initializer=start)
                setattr(self, f"{side}_kernel", kernel)

    def call(self, inputs: Any) -> Any:
        if self.data_format == "channels_last":
            inputs = ops.transpose(inputs, (0, 2, 1))
        batch, channels, steps = inputs.shape
        signals = ops.reshape(inputs, (batch * channels, steps, 1))

        def part(kernel: Any) -> Any:
            """One part of the spectra: ``(batch, channels, frames, bins)``."""
            found = ops.conv(
                signals,
                ops.cast(kernel, signals.dtype),
                strides=self._step,
                padding=self.padding,
                data_format="channels_last",
            )
            return ops.reshape(found, (batch, channels, *found.shape[1:]))

        return self._arranged(self._of_mode(part))

    def _of_mode(self, part: Any) -> Any:
        if self.mode in ("real", "imag"):
            return part(getattr(self, f"{self.mode}_kernel"))
        real, imag = part(self.real_kernel), part(self.imag_kernel)
        if self.mode == "angle":
            return ops.arctan2(imag, real)
        if self.mode == "stft":
            return ops.concatenate([real, imag], axis=-1)
        power = ops.square(real) + ops.square(imag)
        if self.mode == "psd":  # but for the first and last bin, there is a negative frequency too
            inner = ops.pad(power[..., 1:-1], [[0, 0], [0, 0], [0, 0], [1, 1]])
            return power + inner
        least = settings.epsilon()
        magnitude = ops.sqrt(ops.maximum(power, least))
        return magnitude if self.mode == "magnitude" else ops.log(ops.maximum(magnitude, least))

    def _arranged(self, spectra: Any) -> Any:
        """From ``(batch, channels, frames, bins)`` to the layer's axes."""
        batch, channels, frames, bins = spectra.shape
        if self.data_format == "channels_last":
            if self.expand_dims:
                return ops.transpose(spectra, (0, 2, 3, 1))
            return ops.reshape(
                ops.transpose(spectra, (0, 2, 1, 3)), (batch, frames, channels * bins)
            )
        if self.expand_dims:
            return spectra
        return ops.reshape(ops.transpose(spectra, (0, 1, 3, 2)), (batch, channels * bins, frames))
