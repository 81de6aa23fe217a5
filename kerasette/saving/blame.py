"""What is wrong with a file is told as one error, which names the file and the part of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kerasette.errors import FileError


@contextmanager
def reading(path: Any, member: str) -> Iterator[None]:
    """Within it, errors get the file's name and its member's before what they say.

    ``ValueError`` and ``TypeError`` stay what they are; what only a file that nobody saved leads to
    (an index out of range, a missing key) is a ``FileError``.

    >>> with reading("model.keras", "config.json"):
    ...     raise KeyError("layers")
    Traceback (most recent call last):
    kerasette.errors.FileError: In 'model.keras', config.json describes nothing that...
    """
    place = f"In {str(path)!r}, {member}"
    try:
        yield
    except RecursionError:
        raise FileError(f"{place} is nested too deeply.") from None
    except (FileError, ValueError, TypeError) as error:
        kind = next(k for k in (FileError, ValueError, TypeError) if isinstance(error, k))
        raise kind(f"{place}: {error}") from error
    except Exception as error:
        raise FileError(
            f"{place} describes nothing that can be made: {type(error).__name__}: {error}."
        ) from error
