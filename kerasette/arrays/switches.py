"""Switches of the whole package: on, off, or a number. ``kerasette.config`` shows them."""


class _Switches:
    interactive_logging = True
    traceback_filtering = True
    flash_attention = False
    threads: int | None = None  # of kernels; None: as many as there are cores
    float32_products = "float32"  # or "bfloat16": what kernels may multiply float32 in
    max_epochs: int | None = None
    max_steps_per_epoch: int | None = None


switches = _Switches()


def limited(count: int | None, limit: int | None) -> int | None:
    """A count, held below a limit where there is one.

    >>> limited(5, 2), limited(None, 2), limited(5, None)
    (2, 2, 5)
    """
    if count is None or limit is None:
        return limit if count is None else count
    return min(count, limit)


def check_limit(name: str, value: int | None) -> int | None:
    """A limit must be a positive integer, or ``None``.

    Raises: ValueError for anything else.
    """
    if value is not None and (not isinstance(value, int) or value < 1):
        raise ValueError(
            f"`{name}` must be a positive integer or None. Received: {name}={value!r}."
        )
    return value
