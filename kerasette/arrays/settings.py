"""The three numbers that the whole package asks for: floatx, epsilon, image data format."""

from collections.abc import Callable

from kerasette.errors import unknown_name

FLOATS = ("float16", "float32", "float64", "bfloat16")
LAYOUTS = ("channels_last", "channels_first")


class _Settings:
    floatx = "float32"
    epsilon = 1e-7
    image_data_format = "channels_last"


_settings = _Settings()

when_floatx_changes: list[Callable[[], None]] = []  # what remembers types forgets them


def floatx() -> str:
    """The default float dtype of tensors, variables and layers.

    >>> floatx()
    'float32'
    """
    return _settings.floatx


def set_floatx(value: str) -> None:
    """Set the default float dtype: "float16", "bfloat16", "float32" or "float64"."""
    if str(value) not in FLOATS:
        raise unknown_name("value of floatx", value, FLOATS)
    _settings.floatx = str(value)
    for forget in when_floatx_changes:
        forget()


def epsilon() -> float:
    """The small number that keeps divisions and logarithms away from 0: 1e-7 unless set."""
    return _settings.epsilon


def set_epsilon(value: float) -> None:
    """Set the small number that ``epsilon()`` returns."""
    _settings.epsilon = float(value)


def image_data_format() -> str:
    """Where the channels of an image stand: "channels_last" unless set."""
    return _settings.image_data_format


def set_image_data_format(data_format: str) -> None:
    """Set where the channels of an image stand: "channels_last" or "channels_first"."""
    _settings.image_data_format = standardize_data_format(data_format)


def standardize_data_format(data_format: str | None) -> str:
    """The given data format, checked; the default one for ``None``."""
    if data_format is None:
        return _settings.image_data_format
    data_format = str(data_format).lower()
    if data_format not in LAYOUTS:
        raise ValueError(
            f"`data_format` must be one of {LAYOUTS}. Received: data_format={data_format!r}."
        )
    return data_format
