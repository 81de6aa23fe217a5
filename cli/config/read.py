"""Config files by their suffix: ``.yaml``, ``.yml``, ``.toml``, ``.json``."""

import os
from pathlib import Path

from ..errors import UsageProblem
from .lines import Lines
from .nodes import Node
from .problems import single
from .read_json import read_json
from .read_toml import read_toml
from .read_yaml import read_yaml

READERS = {".yaml": read_yaml, ".yml": read_yaml, ".toml": read_toml, ".json": read_json}


def read_file(path: str | os.PathLike, source: str | None = None) -> Node:
    """A config file as a tree of nodes with places.

    Raises ``UsageProblem`` where it cannot be read, ``ConfigError`` where its text is not valid.
    """
    file = Path(path)
    read = READERS.get(file.suffix.lower())
    if read is None:
        known = ", ".join(READERS)
        raise UsageProblem(f"{path}: a config file ends in {known}.")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UsageProblem(f"{path}: there is no such config file.{_similar(file)}") from None
    except IsADirectoryError:
        raise UsageProblem(f"{path} is a folder, not a config file.") from None
    except UnicodeDecodeError:
        raise UsageProblem(f"{path}: the config file is not text in UTF-8.") from None
    except OSError as error:
        raise UsageProblem(f"{path}: cannot be read: {error.strerror}.") from None
    lines = Lines(source or str(path), text, file.resolve().parent)
    node = read(lines)
    if not isinstance(node.value, dict):
        raise single(node.place, "a config is a mapping of sections (data, model, compile, fit).")
    return node


def _similar(file: Path) -> str:
    from kerasette.errors import nearest

    if not file.parent.is_dir():
        return f" There is no folder {file.parent} either."
    names = [entry.name for entry in file.parent.iterdir() if entry.suffix.lower() in READERS]
    return nearest(file.name, names)
