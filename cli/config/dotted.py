"""Dotted paths: ``model.layers[2].units`` and the keys it stands for."""

import re

from .nodes import KeyPath

_PART = re.compile(
    r"""(?P<dot>\.)?(?:"(?P<quoted>[^"]*)"|(?P<name>[^.\[\]"=]+)|\[(?P<index>-?\d+)\])"""
)
_PLAIN = re.compile(r"[^.\[\]\"=\s]+")


def parse(text: str) -> KeyPath:
    """The keys of a dotted path; a key with dots in it stands in double quotes.

    >>> parse("model.layers[2].units")
    ('model', 'layers', 2, 'units')

    Raises ``ValueError`` for text that is no path.
    """
    keys: list[str | int] = []
    position = 0
    while position < len(text):
        part = _PART.match(text, position)
        is_index = part is not None and part["index"] is not None
        if part is None or bool(part["dot"]) != (bool(keys) and not is_index):
            raise ValueError(f"{text!r} is no path such as model.layers[2].units")
        if is_index:
            keys.append(int(part["index"]))
        else:
            keys.append(part["quoted"] if part["quoted"] is not None else part["name"].strip())
        position = part.end()
    if not keys or keys[0] == "":
        raise ValueError(f"{text!r} is no path such as model.layers[2].units")
    return tuple(keys)


def join(path: KeyPath) -> str:
    """The dotted form of a path.

    >>> join(("model", "layers", 2, "units"))
    'model.layers[2].units'
    """
    text = ""
    for key in path:
        if isinstance(key, int):
            text += f"[{key}]"
        else:
            name = key if _PLAIN.fullmatch(key) else f'"{key}"'
            text += f".{name}" if text else name
    return text
