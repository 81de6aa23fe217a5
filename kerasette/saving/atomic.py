"""Files that are there whole or not at all: written beside, flushed to the disk, then renamed."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from kerasette.errors import FileError


@contextlib.contextmanager
def written_whole(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path beside ``path``, which takes its place when the block ends well.

    Where it does not, what was at ``path`` before is untouched and the temporary file is gone.

    Raises: FileError, in one sentence, where the folder is missing, read-only, or the disk is full.
    """
    target = Path(path)
    folder = target.parent
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=folder)
        os.close(handle)
    except OSError as error:
        raise _explained(target, error) from error
    part = Path(name)
    try:
        yield part
        _flush(part)
        part.chmod(_mode_of(target))
        os.replace(part, target)
        _flush(folder)
    except OSError as error:
        raise _explained(target, error) from error
    finally:
        with contextlib.suppress(OSError):  # the error that led here says more
            part.unlink(missing_ok=True)


def _mode_of(target: Path) -> int:
    """The permissions that the file has, or that a new one would get."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _flush(path: Path) -> None:
    """Have the operating system write a file, or a folder's list of files, to the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows has no handle on folders to flush
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _explained(target: Path, error: OSError) -> FileError:
    why = error.strerror or str(error)
    return FileError(
        f"{str(target)!r} could not be written: {why}. Any earlier file of that name is as it was."
    )
