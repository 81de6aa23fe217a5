"""A resolved config as YAML text, each value with a comment that says where it comes from."""

import math
import re
from collections.abc import Callable, Iterator
from typing import Any

from .load import Loaded
from .nodes import KeyPath

_PLAIN = re.compile(r"(?:\.{1,2}/)*[A-Za-z_/][\w./-]*")
_WORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
_WIDEST = 88

Comment = Callable[[KeyPath], str]


def to_yaml(value: dict[str, Any], comment: Comment = lambda path: "", depth: int = 0) -> str:
    """Block style, with short lists and mappings in one line. It reads back to the same values."""
    lines = list(_block(value, (), depth, comment))
    width = min(60, max((len(line) for line, said in lines if said), default=0))
    text = [f"{line.ljust(width)}  # {said}" if said else line for line, said in lines]
    return "\n".join(text) + "\n"


def resolved_yaml(loaded: Loaded, origins: bool = True) -> str:
    """The whole config, defaults included, with origins as comments."""
    if not origins:
        return to_yaml(loaded.resolved())
    return to_yaml(loaded.resolved(), lambda path: str(loaded.place(path)))


def _block(value: Any, path: KeyPath, depth: int, comment: Comment) -> Iterator[tuple[str, str]]:
    margin = "  " * depth
    if isinstance(value, dict):
        for key, child in value.items():
            here = (*path, key)
            if _is_inline(child):
                yield f"{margin}{_scalar(key)}: {_inline(child)}", comment(here)
            else:
                yield f"{margin}{_scalar(key)}:", ""
                yield from _block(child, here, depth + 1, comment)
        return
    for index, child in enumerate(value):
        here = (*path, index)
        if _is_inline(child):
            yield f"{margin}- {_inline(child)}", comment(here)
        else:
            yield f"{margin}-", ""
            yield from _block(child, here, depth + 1, comment)


def _is_inline(value: Any) -> bool:
    if not isinstance(value, dict | list) or not value:
        return True
    if isinstance(value, dict) and "type" not in value:
        return False
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        return False
    return isinstance(value, list) or (len(_inline(value)) <= _WIDEST and not _is_section(value))


def _is_section(value: dict[str, Any]) -> bool:
    return any(isinstance(item, dict) and item and "type" not in item for item in value.values())


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(k)}: {_inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_inline(item) for item in value) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if math.isnan(value):
            return ".nan"
        return (".inf" if value > 0 else "-.inf") if math.isinf(value) else repr(value)
    if isinstance(value, int):
        return str(value)
    text = str(value)
    is_plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if is_plain else _quoted(text)


def _quoted(text: str) -> str:
    """In double quotes, what cannot be printed as YAML's escapes."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in plain) + '"'
