"""The zip archive of a ``.keras`` file: what it says is checked against what it holds."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kerasette.errors import FileError

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_JSON_LIMIT = 64 * 2**20
_MEMBERS = 10_000
_RATIO = 1100  # deflate cannot pack tighter: a member that claims more lies
_TEXT_RATIO = 200  # nor does it pack a description tighter than this
_SMALL = 2**20  # bytes that are not worth a check


@contextmanager
def opened(path: Any) -> Iterator[zipfile.ZipFile]:
    """A ``.keras`` archive, checked before anything is read from it.

    Raises: FileError for what is no archive, or one that is not what a model file is.
    """
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise FileError(f"There is no file {str(path)!r}.") from None
    except Exception as error:  # damaged directories raise whatever they hit
        raise FileError(f"{str(path)!r} is no whole .keras file: {error}.") from None
    with archive:
        _check(archive, path)
        yield archive


def _check(archive: zipfile.ZipFile, path: Any) -> None:
    infos = archive.infolist()
    if len(infos) > _MEMBERS:
        raise FileError(f"{str(path)!r} has {len(infos)} members, more than a model file has.")
    names = [info.filename for info in infos]
    if len(set(names)) != len(names):
        raise FileError(f"{str(path)!r} has two members of one name.")
    if sum(info.compress_size for info in infos) > _size(archive):
        raise FileError(f"{str(path)!r} has members that lie over each other.")
    for info in infos:
        name = info.filename
        parts = name.replace("\\", "/").split("/")
        if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
            raise FileError(f"{str(path)!r} has a member that leads outside: {name!r}.")
        if name not in (CONFIG, METADATA, WEIGHTS) and parts[0] != "assets":
            raise FileError(f"{str(path)!r} has a member that no model file has: {name!r}.")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FileError(f"{str(path)!r} has a member packed in an unknown way: {name!r}.")
        if info.flag_bits & 1:
            raise FileError(f"{str(path)!r} has an encrypted member: {name!r}.")
        if info.file_size > max(info.compress_size, 1) * _RATIO + 4096:
            raise FileError(f"{str(path)!r} has a member that is a bomb: {name!r}.")


def _size(archive: zipfile.ZipFile) -> int:
    file = archive.fp
    assert file is not None
    return file.seek(0, io.SEEK_END)


def weights_size(archive: zipfile.ZipFile) -> int:
    """The bytes of the weights, as they are unpacked; 0 where there are none."""
    return next((i.file_size for i in archive.infolist() if i.filename == WEIGHTS), 0)


def read(archive: zipfile.ZipFile, name: str, limit: int = _JSON_LIMIT) -> bytes:
    """The bytes of a member; never more than it declares, nor than ``limit``.

    Raises: FileError where it is missing, damaged or too large.
    """
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise FileError(f"The file has no member {name!r}.") from None
    if limit == _JSON_LIMIT:
        limit = min(limit, max(info.compress_size * _TEXT_RATIO, _SMALL))
    if info.file_size > limit:
        raise FileError(f"The member {name!r} has {info.file_size} bytes; at most {limit} may be.")
    try:
        with archive.open(info) as member:
            data = member.read(info.file_size + 1)
    except Exception as error:  # zlib.error and its kin have no common base
        raise FileError(f"The member {name!r} is damaged: {error}.") from None
    if len(data) != info.file_size:
        raise FileError(f"The member {name!r} is not as long as it says.")
    return data


@contextmanager
def weights_file(archive: zipfile.ZipFile) -> Iterator[Any]:
    """The weights of the archive as an open HDF5 file.

    A member that is stored as it is, is read where it lies; a packed one is unpacked in memory.

    Raises: FileError where it is missing or damaged.
    """
    from kerasette.saving import hdf5

    info = next((i for i in archive.infolist() if i.filename == WEIGHTS), None)
    if info is None:
        raise FileError(f"The file has no member {WEIGHTS!r}.")
    if info.compress_type == zipfile.ZIP_STORED and archive.filename is not None:
        with open(archive.filename, "rb") as file:
            source: Any = io.BufferedReader(_Window(file, *_checked_range(archive, info)))
            with hdf5.open_file(source) as weights:
                yield weights
        return
    data = read(archive, WEIGHTS, limit=max(info.compress_size, 1) * _RATIO + 4096)
    with hdf5.open_file(io.BytesIO(data)) as weights:
        yield weights


def _checked_range(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> tuple[int, int]:
    """Where the bytes of a stored member are in the file, once they are known to be whole."""
    try:
        with archive.open(info) as member:
            start = archive.fp.tell()  # type: ignore[union-attr]
            size = 0
            while block := member.read(2**20):  # the zip's checksum is compared at the end
                size += len(block)
    except Exception as error:
        raise FileError(f"The member {WEIGHTS!r} is damaged: {error}.") from None
    if size != info.file_size:
        raise FileError(f"The member {WEIGHTS!r} is not as long as it says.")
    return start, size


class _Window(io.RawIOBase):
    """Part of a file as a file of its own."""

    def __init__(self, file: Any, start: int, size: int):
        super().__init__()
        self._file, self._start, self._size, self._place = file, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        base = (0, self._place, self._size)[whence]
        self._place = max(base + offset, 0)
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: Any) -> int:
        wanted = memoryview(buffer).cast("B")[: max(self._size - self._place, 0)]
        self._file.seek(self._start + self._place)
        count = self._file.readinto(wanted)
        self._place += count
        return count


def is_archive(path: Path) -> bool:
    """Whether a file begins as a zip archive does."""
    return zipfile.is_zipfile(path)
