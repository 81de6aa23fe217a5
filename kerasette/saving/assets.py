"""What layers store beside their variables, such as vocabularies: files under ``assets/``."""

import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from kerasette.errors import FileError
from kerasette.saving.walk import stored

_FOLDER = "assets"


def assets_of(model: Any) -> dict[str, bytes]:
    """The files that the model's layers store, by path."""
    found: dict[str, bytes] = {}
    for path, obj in stored(model):
        if not hasattr(obj, "save_assets"):
            continue
        with tempfile.TemporaryDirectory() as folder:
            obj.save_assets(folder)
            for name in sorted(os.listdir(folder)):
                found[_joined(path, name)] = (Path(folder) / name).read_bytes()
    return found


def load_assets(model: Any, names: Iterable[str], read: Callable[[str], bytes]) -> None:
    """Give each layer of a model its files, of which ``read`` gives the content.

    Raises: FileError for a file that no layer has a place for.
    """
    names = [name for name in names if name.startswith(f"{_FOLDER}/") and not name.endswith("/")]
    if not names:
        return
    owners = {_joined(path, ""): obj for path, obj in stored(model) if hasattr(obj, "load_assets")}
    for prefix in sorted(owners, key=len, reverse=True):  # the innermost first
        own = [name for name in names if name.startswith(prefix)]
        if own:
            names = [name for name in names if name not in own]
            _load(owners[prefix], prefix, own, read)
    if names:
        raise FileError(f"The member {names[0]!r} belongs to no layer of the model.")


def _load(obj: Any, prefix: str, names: list[str], read: Callable[[str], bytes]) -> None:
    if _takes_bytes(type(obj)):
        obj.read_assets(lambda name: read(prefix + name))
        return
    with tempfile.TemporaryDirectory() as folder:  # Keras's `load_assets` reads files
        for name in names:
            path = Path(folder) / name[len(prefix) :]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(read(name))
        obj.load_assets(folder)


def _takes_bytes(cls: type) -> bool:
    """Whether a class reads its assets without a folder, and no subclass changed how."""
    first = next(c for c in cls.__mro__ if "read_assets" in vars(c) or "load_assets" in vars(c))
    return "read_assets" in vars(first)


def _joined(path: str, name: str) -> str:
    return f"{_FOLDER}/{path}/{name}" if path else f"{_FOLDER}/{name}"
