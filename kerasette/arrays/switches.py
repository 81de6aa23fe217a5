"""Switches of the whole package: on, off, or a number. ``kerasette.config`` shows them."""

import os
import warnings


def _from_environment(name: str) -> int | None:
    text = os.environ.get(name, "").strip()
    if text and not (text.isdecimal() and int(text)):
        raise ValueError(
            f"The environment's {name} must be a positive integer. Received: {text!r}."
        )
    return int(text) if text else None


class _Switches:
    interactive_logging = True
    traceback_filtering = True
    flash_attention = False
    threads: int | None = None  # of kernels; None: as many as there are cores
    float32_products = "float32"  # or "bfloat16": what kernels may multiply float32 in
    tf32_convolutions = True  # what a GPU may multiply float32 in, as in PyTorch
    tf32_products = False
    max_epochs = _from_environment("KERAS_MAX_EPOCHS")
    max_steps_per_epoch = _from_environment("KERAS_MAX_STEPS_PER_EPOCH")


switches = _Switches()


def limited(name: str, count: int | None, limit: int | None) -> int | None:
    """A count, held below a limit where there is one, which is said by a warning.

    A count that is not known, ``None``, stays so.

    >>> limited("epochs", 2, 5), limited("epochs", 2, None), limited("steps", None, 5)
    (2, 2, None)
    """
    if count is None or limit is None or count <= limit:
        return count
    warnings.warn(f"`{name}` is {count}, and limited to {limit} by kerasette.config.", stacklevel=4)
    return limit


def check_limit(name: str, value: int | None) -> int | None:
    """A limit must be a positive integer, or ``None``.

    Raises: ValueError for anything else.
    """
    if value is not None and (not isinstance(value, int) or value < 1):
        raise ValueError(
            f"`{name}` must be a positive integer or None. Received: {name}={value!r}."
        )
    return value
