"""The one door to HDF5 files.

Reading follows hard links only, to plain data sets of plain numbers inside the same file, and
checks the shape that is expected before anything is allocated. An HDF5 file can name other files
on the machine, ask for terabytes, or bring filters with code; none of that gets through here.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kerasette.arrays import dtypes
from kerasette.errors import FileError

_KINDS = "biufc"
_ATTRIBUTE_LIMIT = 64512  # bytes that an object's header has for one attribute
_FILTERS = {1, 2, 3, 32000}  # deflate, shuffle, checksum, lzf: those that h5py itself carries


def open_file(path: Any, mode: str = "r") -> Any:
    """An open HDF5 file.

    Raises: FileError where there is none, or it is no HDF5 file.
    """
    import h5py

    try:
        return h5py.File(path, mode)
    except FileNotFoundError:
        raise FileError(f"There is no file {str(path)!r}.") from None
    except OSError as error:
        raise FileError(f"{_name(path)} is no whole HDF5 file: {error}.") from None


def _name(path: Any) -> str:
    return repr(str(path)) if isinstance(path, (str, Path)) else "The data"


def member(group: Any, name: str) -> Any:
    """A group or data set directly in ``group``; ``None`` where there is none of that name.

    Raises: FileError for a link that leads elsewhere.
    """
    import h5py

    if name in ("", ".", "..") or "/" in name:
        raise FileError(f"{_place(group, name)}: no plain name.")
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


def read(group: Any, name: str, shape: tuple[int, ...] | None = None) -> np.ndarray:
    """The array of a data set directly in ``group``.

    Args:
        shape: what it must be; nothing is allocated for another.

    Raises: FileError for what is no plain data set of numbers within the file, or another shape.
    """
    import h5py

    found = member(group, name)
    place = _place(group, name)
    if found is None:
        raise FileError(f"{place} is missing from the file.")
    if not isinstance(found, h5py.Dataset):
        raise FileError(f"{place} should be a data set, and is a group.")
    if shape is not None and tuple(found.shape or ()) != tuple(shape):
        raise FileError(f"{place} has shape {found.shape}; expected was {tuple(shape)}.")
    _check_storage(found, place)
    array = np.empty(found.shape, found.dtype)
    if array.size:
        found.read_direct(array)
    kept = found.attrs.get("dtype")  # types that HDF5 does not have are stored as bits
    if isinstance(kept, (str, bytes)):
        text = kept.decode() if isinstance(kept, bytes) else kept
        target = dtypes.numpy_dtype(dtypes.standardize_dtype(text))
        if target.itemsize == array.dtype.itemsize:
            array = array.view(target)
    return array


def _check_storage(found: Any, place: str) -> None:
    if found.shape is None or found.dtype.kind not in _KINDS + "V" or found.dtype.hasobject:
        raise FileError(f"{place} holds {found.dtype}, not plain numbers.")
    if found.dtype.kind == "V" and found.dtype.fields:
        raise FileError(f"{place} holds records, not plain numbers.")
    if found.is_virtual or found.external:
        raise FileError(f"{place} keeps its data in other files. That is not followed.")
    properties = found.id.get_create_plist()
    for index in range(properties.get_nfilters()):
        if properties.get_filter(index)[0] not in _FILTERS:
            raise FileError(f"{place} is packed by a filter that is not known.")
    # What is not stored is filled in: a small file could ask for any amount of memory.
    size = int(np.prod(found.shape, dtype=object)) * found.dtype.itemsize
    if found.id.get_storage_size() == 0 and size > 2**20:
        raise FileError(f"{place} asks for {size} bytes and stores none.")
    if size > 2**20 and size > 1100 * max(found.id.get_storage_size(), 1):
        raise FileError(f"{place} asks for {size} bytes, more than its contents can hold.")


def write(group: Any, name: str, value: Any) -> None:
    """Store an array; types that HDF5 does not have as bits, with their name beside."""
    array = np.asarray(value)
    name_of = dtypes.name_of(array.dtype)
    if name_of in ("bfloat16", *dtypes.FLOAT8):
        bits = array.view(f"V{array.dtype.itemsize}")
        group.create_dataset(name, data=bits).attrs["dtype"] = str(name_of)
        return
    group.create_dataset(name, data=array)


def names(group: Any) -> list[str]:
    """The names directly in a group."""
    return list(group.keys())


def text(group: Any, attribute: str) -> str | None:
    """An attribute that is a text; ``None`` where there is none."""
    value = group.attrs.get(attribute)
    if value is None:
        return None
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def texts(group: Any, attribute: str) -> list[str]:
    """An attribute that lists texts; long lists are in parts, ``name0``, ``name1``…"""
    found: list[str] = []
    parts = [attribute] if attribute in group.attrs else list(_parts(group, attribute))
    for part in parts:
        found += [v.decode("utf-8") if isinstance(v, bytes) else str(v) for v in group.attrs[part]]
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
