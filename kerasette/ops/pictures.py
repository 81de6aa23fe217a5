"""What all operations on images share: one image or a batch of them, in either layout."""

from collections.abc import Callable
from typing import Any

from kerasette.arrays import settings
from kerasette.errors import unknown_name
from kerasette.ops.conversion import convert_to_tensor
from kerasette.ops.shaping import expand_dims, squeeze
from kerasette.ops.sliding import channels_first, channels_last

__all__: list[str] = []

Back = Callable[[Any], Any]


def batch_of(what: str, images: Any, data_format: str | None, rank: int = 2) -> tuple[Any, Back]:
    """A batch with channels last, and what gives a result the form that the images had.

    Args:
        what: the operation's name, for errors.
        images: an image or a batch of them, in ``data_format``.
        data_format: "channels_last", "channels_first" or ``None``.
        rank: how many spatial axes there are: 3 for volumes.

    Raises: ValueError where it is neither an image nor a batch of them.
    """
    first = settings.standardize_data_format(data_format) == "channels_first"
    x = convert_to_tensor(images)
    if len(x.shape) not in (rank + 1, rank + 2):
        spatial = ("depth, " if rank == 3 else "") + "height, width"
        form = f"channels, {spatial}" if first else f"{spatial}, channels"
        raise ValueError(
            f"{what} needs an image ({form}) or a batch of them, of {rank + 2} axes. "
            f"Received: shape {tuple(x.shape)}."
        )
    single = len(x.shape) == rank + 1
    x = expand_dims(x, 0) if single else x

    def back(result: Any) -> Any:
        result = channels_first(result) if first else result
        return squeeze(result, 0) if single else result

    return (channels_last(x) if first else x), back


def one_of(name: str, value: Any, known: Any) -> str:
    """A word that an argument may have.

    Raises: ValueError for another one.
    """
    if value not in known:
        raise unknown_name(f"value of `{name}`", value, known)
    return str(value)
