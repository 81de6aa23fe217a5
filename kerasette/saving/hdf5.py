"""The one door to HDF5 files.

Reading follows hard links only, to plain data sets of plain numbers inside the same file, and
checks the shape that is expected before anything is allocated. An HDF5 file can name other files
on the machine, ask for terabytes, or bring filters with code; none of that gets through here.

What kerasette writes bears checksums (``CHECKSUM``), which Keras does not mind and which are
compared here: HDF5 itself notices few of the bits that change in a file.
"""

import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from kerasette.arrays import dtypes
from kerasette.errors import FileError
from kerasette.saving.scan import look_through
from kerasette.saving.text_attributes import LONGEST_NAME

_KINDS = "biufc"
_ATTRIBUTE_LIMIT = 64512  # bytes that an object's header has for one attribute
_DEFLATE = 1
_LARGEST = 2**24  # bytes of any attribute
_LIST_LIMIT = 4096  # texts of any length that fit into one
_FILTERS = {_DEFLATE, 2, 3}  # and shuffle, checksum: those that need no code from elsewhere
_SMALL = 2**20  # bytes that are not worth a check
CHECKSUM = "kerasette_crc32"  # the attribute
_TROUBLE = (OSError, RuntimeError, KeyError, TypeError, ValueError, OverflowError, MemoryError)


def open_file(path: Any, mode: str = "r") -> Any:
    """An open HDF5 file.

    Raises: FileError where there is none, or it is no HDF5 file.
    """
    import h5py

    try:
        if mode == "r" and isinstance(path, (str, Path)):
            with open(path, "rb") as plain:
                look_through(plain)
        elif mode == "r":
            look_through(path)
        return h5py.File(path, mode)
    except FileNotFoundError:
        raise FileError(f"There is no file {str(path)!r}.") from None
    except _TROUBLE as error:
        raise FileError(f"{_name(path)} is no whole HDF5 file: {error}.") from None


def _name(path: Any) -> str:
    return repr(str(path)) if isinstance(path, (str, Path)) else "The data"


@contextmanager
def _guarded(place: str) -> Iterator[None]:
    """Within it, whatever HDF5 stumbles over in a damaged file is one kind of error."""
    try:
        yield
    except FileError:
        raise
    except _TROUBLE as error:
        raise FileError(f"{place} is damaged: {error}.") from None


def member(group: Any, name: str) -> Any:
    """A group or data set directly in ``group``; ``None`` where there is none of that name.

    Raises: FileError for a link that leads elsewhere.
    """
    import h5py

    if name in ("", ".", "..") or "/" in name:
        raise FileError(f"{_place(group, name)}: no plain name.")
    with _guarded(_place(group, name)):
        link = group.get(name, getlink=True)
        if link is None:
            return None
        if not isinstance(link, h5py.HardLink):
            raise FileError(
                f"{_place(group, name)} is a link to another place or file. Links are not followed."
            )
        return group[name]


def subgroup(group: Any, name: str) -> Any:
    """A group directly in ``group``; ``None`` where there is none."""
    import h5py

    found = member(group, name)
    if found is not None and not isinstance(found, h5py.Group):
        raise FileError(f"{_place(group, name)} should be a group, and is a data set.")
    return found


def at(group: Any, path: str) -> Any:
    """The group at a path of several names, each a hard link; ``None`` where there is none."""
    for name in path.split("/"):
        if name:
            group = subgroup(group, name)
            if group is None:
                return None
    return group


def read(
    group: Any, name: str, shape: tuple[int, ...] | None = None, limit: int | None = None
) -> np.ndarray:
    """The array of a data set directly in ``group``.

    Args:
        shape: what it must be; nothing is allocated for another.
        limit: the bytes that it may have at most.

    Raises: FileError for what is no plain data set of numbers within the file, another shape, and
    contents that differ from their checksum.
    """
    place = _place(group, name)
    found = _data_set(group, name)
    with _guarded(place):
        if shape is not None and tuple(found.shape or ()) != tuple(shape):
            raise FileError(f"{place} has shape {found.shape}; expected was {tuple(shape)}.")
        _check_storage(found, place, limit)
        array = np.empty(found.shape, found.dtype)
        if array.size:
            found.read_direct(array)
        expected = _attribute(found, CHECKSUM)
        if expected is not None and expected != _checksum(place, array):
            raise FileError(f"{place} is damaged: its contents differ from their checksum.")
        kept = text(found, "dtype")  # types that HDF5 does not have are stored as bits
        if kept is not None:
            target = dtypes.numpy_dtype(dtypes.standardize_dtype(kept))
            if target.itemsize == array.dtype.itemsize:
                array = array.view(target)
        return array


def place_of(member: Any) -> Any:
    """What tells an object of a file from the others, whatever names lead to it."""
    import h5py

    with _guarded(str(member.name)):
        return h5py.h5o.get_info(member.id).addr


def attributes(group: Any) -> dict[str, Any]:
    """All attributes of a group: numbers and texts."""
    with _guarded(str(group.name)):
        names = list(group.attrs)
    return {name: _attribute(group, name) for name in names}


def shape_of(group: Any, name: str) -> tuple[int, ...]:
    """The shape of a data set directly in ``group``, of which nothing is read."""
    found = _data_set(group, name)
    with _guarded(_place(group, name)):
        return tuple(found.shape or ())


def _data_set(group: Any, name: str) -> Any:
    import h5py

    found = member(group, name)
    if found is None:
        raise FileError(f"{_place(group, name)} is missing from the file.")
    if not isinstance(found, h5py.Dataset):
        raise FileError(f"{_place(group, name)} should be a data set, and is none.")
    return found


def _checksum(place: str, array: np.ndarray) -> int:
    """Of what an array holds, what it is, and where it is."""
    start = zlib.crc32(f"{place} {array.dtype.str} {array.shape}".encode())
    return zlib.crc32(array.reshape(-1).view(np.uint8).data, start) if array.size else start


def _check_storage(found: Any, place: str, limit: int | None) -> None:
    if found.shape is None or found.dtype.kind not in _KINDS + "V" or found.dtype.hasobject:
        raise FileError(f"{place} holds {found.dtype}, not plain numbers.")
    if found.dtype.kind == "V" and found.dtype.fields:
        raise FileError(f"{place} holds records, not plain numbers.")
    if found.is_virtual or found.external:
        raise FileError(f"{place} keeps its data in other files. That is not followed.")
    properties = found.id.get_create_plist()
    filters = [properties.get_filter(index)[0] for index in range(properties.get_nfilters())]
    if not _FILTERS.issuperset(filters) or len(set(filters)) < len(filters):
        raise FileError(f"{place} is packed by a filter that is not known.")
    size = math.prod(found.shape) * found.dtype.itemsize
    if limit is not None and size > max(limit, _SMALL):
        raise FileError(f"{place} has {size} bytes; expected were at most {limit}.")
    # What is not stored is filled in: a small file could ask for any amount of memory.
    stored = found.id.get_storage_size()
    if size > _SMALL and size > (1100 if _DEFLATE in filters else 1) * stored:
        raise FileError(f"{place} asks for {size} bytes, more than its contents can hold.")
    if found.chunks is not None:
        _check_chunks(found, place, size, _DEFLATE in filters)


def _check_chunks(found: Any, place: str, size: int, packed: bool) -> None:
    """HDF5 unpacks a whole chunk, however much it holds, to read a number of it."""
    most = math.prod(found.chunks) * found.dtype.itemsize
    if most > max(4 * size, _SMALL):
        raise FileError(f"{place} is stored in pieces of {most} bytes, and has {size}.")
    if not packed:
        return
    for index in range(found.id.get_num_chunks()):
        left_out, data = found.id.read_direct_chunk(found.id.get_chunk_info(index).chunk_offset)
        if left_out:  # the filters that this chunk did without
            continue
        unpacking = zlib.decompressobj()
        count = 0
        while data and count <= most + 4:  # a checksum before the packing has four bytes
            count += len(unpacking.decompress(data, _SMALL))
            data = unpacking.unconsumed_tail
        if count > most + 4:
            raise FileError(f"{place} has a piece that unpacks to more than {most} bytes.")


def write(group: Any, name: str, value: Any) -> None:
    """Store an array with its checksum; types that HDF5 does not have as bits, with their name."""
    array = np.asarray(value)
    name_of = dtypes.name_of(array.dtype)
    bits = name_of in ("bfloat16", *dtypes.FLOAT8)
    if bits:
        array = array.view(f"V{array.dtype.itemsize}")
    array = np.ascontiguousarray(array).reshape(array.shape)  # the former knows no 0 axes
    made = group.create_dataset(name, data=array)
    made.attrs[CHECKSUM] = _checksum(_place(group, name), array)
    if bits:
        made.attrs["dtype"] = str(name_of)


def write_digest(file: Any, attributes: tuple[str, ...], groups: tuple[str, ...]) -> None:
    """Store a checksum of texts of ``file`` and of what is in it and in some of its groups."""
    file.attrs[CHECKSUM] = _digest(file, attributes, groups)


def check_digest(file: Any, attributes: tuple[str, ...], groups: tuple[str, ...]) -> None:
    """Raise FileError where what ``write_digest`` stored is there and differs."""
    expected = _attribute(file, CHECKSUM)
    if expected is not None and expected != _digest(file, attributes, groups):
        raise FileError("The file is damaged: its description differs from its checksum.")


def _digest(file: Any, attributes: tuple[str, ...], groups: tuple[str, ...]) -> int:
    parts: list[Any] = [text(file, attribute) for attribute in attributes]
    listed = (file, *(subgroup(file, name) for name in groups))
    parts += [None if group is None else sorted(names(group)) for group in listed]
    return zlib.crc32(repr(parts).encode())


def names(group: Any) -> list[str]:
    """The names directly in a group."""
    with _guarded(str(group.name)):
        return list(group.keys())


def text(group: Any, attribute: str) -> str | None:
    """An attribute that is a text; ``None`` where there is none."""
    value = _attribute(group, attribute)
    with _guarded(_place(group, attribute)):
        value = value.decode("utf-8") if isinstance(value, bytes) else value
    if value is not None and not isinstance(value, str):
        raise FileError(f"{_place(group, attribute)} should be a text, and is {type(value)}.")
    return value


def _attribute(group: Any, name: str) -> Any:
    """An attribute's value; ``None`` where there is none.

    Raises: FileError for one that is damaged, refers to other objects, or lists more texts of any
    length than Keras puts into one: each may stand for the same megabytes of the file.
    """
    import h5py

    with _guarded(_place(group, name)):
        if name not in group.attrs:
            return None
        kind = group.attrs.get_id(name)
        count = math.prod(kind.shape or (1,))
        texts = h5py.check_string_dtype(kind.dtype) is not None
        if kind.dtype.hasobject and not (texts and count <= _LIST_LIMIT):
            raise FileError(f"{_place(group, name)} holds {kind.dtype}, which is not read.")
        if kind.get_type().committed() or len(name) >= LONGEST_NAME:  # not looked through before
            raise FileError(f"{_place(group, name)} is of a type of its own, which is not read.")
        if count * kind.dtype.itemsize > _LARGEST:
            raise FileError(f"{_place(group, name)} is larger than any attribute that is read.")
        return group.attrs[name]


def texts(group: Any, attribute: str) -> list[str]:
    """An attribute that lists texts; long lists are in parts, ``name0``, ``name1``…"""
    found: list[str] = []
    with _guarded(_place(group, attribute)):
        parts = [attribute] if attribute in group.attrs else list(_parts(group, attribute))
    for part in parts:
        listed = np.asarray(_attribute(group, part))
        if listed.ndim != 1 or (listed.size and listed.dtype.kind not in "SO"):
            raise FileError(f"{_place(group, part)} should list texts, and holds {listed.dtype}.")
        with _guarded(_place(group, part)):
            found += [v.decode("utf-8") if isinstance(v, bytes) else str(v) for v in listed]
    return found


def write_texts(group: Any, attribute: str, values: list[str]) -> None:
    """Store an attribute that lists texts, in several parts where it is too long for one."""
    encoded = np.array([value.encode() for value in values], dtype="S" if values else "S1")
    count = 1
    while any(part.nbytes > _ATTRIBUTE_LIMIT for part in np.array_split(encoded, count)):
        count += 1
    if count == 1:
        group.attrs[attribute] = encoded
        return
    for index, part in enumerate(np.array_split(encoded, count)):
        group.attrs[f"{attribute}{index}"] = part


def _parts(group: Any, attribute: str) -> Iterator[str]:
    index = 0
    while f"{attribute}{index}" in group.attrs:
        yield f"{attribute}{index}"
        index += 1


def _place(group: Any, name: str) -> str:
    return f"{group.name.rstrip('/')}/{name}"
