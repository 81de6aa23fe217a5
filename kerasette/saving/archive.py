"""The zip archive of a ``.keras`` file: what it says is checked against what it holds."""

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


@contextmanager
def opened(path: Any) -> Iterator[zipfile.ZipFile]:
    """A ``.keras`` archive, checked before anything is read from it.

    Raises: FileError for what is no archive, or one that is not what a model file is.
    """
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise FileError(f"There is no file {str(path)!r}.") from None
    except (OSError, zipfile.BadZipFile) as error:
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
    for info in infos:
        name = info.filename
        parts = name.replace("\\", "/").split("/")
        if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
            raise FileError(f"{str(path)!r} has a member that leads outside: {name!r}.")
        if info.flag_bits & 1:
            raise FileError(f"{str(path)!r} has an encrypted member: {name!r}.")
        if info.file_size > max(info.compress_size, 1) * _RATIO + 4096:
            raise FileError(f"{str(path)!r} has a member that is a bomb: {name!r}.")


def read(archive: zipfile.ZipFile, name: str, limit: int = _JSON_LIMIT) -> bytes:
    """The bytes of a member; never more than it declares, nor than ``limit``.

    Raises: FileError where it is missing, damaged or too large.
    """
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise FileError(f"The file has no member {name!r}.") from None
    if info.file_size > limit:
        raise FileError(f"The member {name!r} has {info.file_size} bytes; at most {limit} may be.")
    try:
        with archive.open(info) as member:
            data = member.read(info.file_size + 1)
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, ValueError) as error:
        raise FileError(f"The member {name!r} is damaged: {error}.") from None
    except Exception as error:  # zlib.error and its kin have no common base
        raise FileError(f"The member {name!r} is damaged: {error}.") from None
    if len(data) != info.file_size:
        raise FileError(f"The member {name!r} is not as long as it says.")
    return data


@contextmanager
def weights_file(archive: zipfile.ZipFile) -> Iterator[Any]:
    """The weights of the archive as an open HDF5 file.

    A member that is stored as it is, is read where it lies; a packed one is unpacked in memory.
    """
    import io

    from kerasette.saving import hdf5

    info = next((i for i in archive.infolist() if i.filename == WEIGHTS), None)
    if info is None:
        raise FileError(f"The file has no member {WEIGHTS!r}.")
    data = read(archive, WEIGHTS, limit=max(info.compress_size, 1) * _RATIO + 4096)
    with hdf5.open_file(io.BytesIO(data)) as file:
        yield file


def is_archive(path: Path) -> bool:
    """Whether a file begins as a zip archive does."""
    return zipfile.is_zipfile(path)
