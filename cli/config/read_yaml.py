"""YAML 1.2 with places: ``on`` is a string, ``1e-3`` a number, and no key stands twice."""

from collections.abc import Callable
from typing import Any

from .lines import Lines
from .nodes import Node
from .problems import ConfigError, Problem, single

_PREFIX = "tag:yaml.org,2002:"
_MOST_NODES = 200_000  # aliases of aliases grow without bound


def read_yaml(lines: Lines) -> Node:
    """The file's content as nodes. Raises ``ConfigError``, for what it holds more than once."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        root = YAML(typ="safe", pure=True).compose(lines.text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise single(
            lines.place(line, column), f"this is no valid YAML: {_explained(error)}."
        ) from None
    except YAMLError as error:
        said = str(error).splitlines()[0]
        raise single(lines.place(1, 1), f"this is no valid YAML: {said}.") from None
    if root is None:
        return Node({}, lines.place(1, 1))
    reader = _Reader(lines)
    node = reader.node(root, ())
    if reader.problems:
        raise ConfigError(reader.problems)
    return node


class _Reader:
    """Turns ruamel's nodes into ours."""

    def __init__(self, lines: Lines):
        self.lines = lines
        self.problems: list[Problem] = []
        self.count = 0
        self.open: set[int] = set()

    def node(self, given: Any, path: tuple[str | int, ...]) -> Node:
        place = self.place(given)
        self.count += 1
        if self.count > _MOST_NODES:
            raise single(place, f"more than {_MOST_NODES} values (aliases of aliases?).", path)
        if id(given) in self.open:
            self.problem(given, path, "an alias to what it stands in.")
            return Node(None, place)
        self.open.add(id(given))
        tag = str(given.tag or "").removeprefix(_PREFIX)
        value: Any = None
        if tag == "map" and isinstance(given.value, list):
            value = self.mapping(given, path)
        elif tag == "seq" and isinstance(given.value, list):
            value = [self.node(child, (*path, i)) for i, child in enumerate(given.value)]
        elif isinstance(given.value, str) and tag in _SCALARS:
            try:
                value = _SCALARS[tag](given.value)
            except ValueError:
                self.problem(given, path, f"{given.value!r} is no {tag}.")
        else:
            self.problem(given, path, f"the tag {given.tag} is not known here.")
        self.open.discard(id(given))
        return Node(value, place)

    def mapping(self, given: Any, path: tuple[str | int, ...]) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        for key, child in given.value:
            if not isinstance(key.value, str):
                self.problem(key, path, "a key must be a plain word.")
                continue
            name = key.value
            if str(key.tag) == f"{_PREFIX}merge":
                self.problem(key, path, "merge keys (<<) are not part of YAML 1.2.")
            elif name in entries:
                first = entries[name].key_place
                line = first.line if first else "?"
                said = f"the key stands twice; the first is in line {line}."
                self.problem(key, (*path, name), said)
            else:
                entries[name] = self.node(child, (*path, name))
                entries[name].key_place = self.place(key)
        return entries

    def problem(self, given: Any, path: tuple[str | int, ...], message: str) -> None:
        self.problems.append(Problem(self.place(given), path, message))

    def place(self, given: Any) -> Any:
        return self.lines.place(given.start_mark.line + 1, given.start_mark.column + 1)


def _explained(error: Any) -> str:
    """What ruamel found wrong, and where what it was reading began."""
    said = error.problem or "it cannot be read"
    if "'\\t' that cannot start" in said:
        return "tabs cannot indent; use spaces"
    if error.context is None or "next token" in error.context:
        return said
    mark = error.context_mark
    began = f" that begins in line {mark.line + 1}" if mark else ""
    return f"{said} {error.context}{began}"


def _number(text: str) -> int:
    text = text.replace("_", "").lower()
    sign = -1 if text.startswith("-") else 1
    return sign * int(text.lstrip("+-"), 0 if text.lstrip("+-")[:2] in ("0x", "0o", "0b") else 10)


def _float(text: str) -> float:
    text = text.replace("_", "").lower()
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))


def _bool(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError
    return text.lower() == "true"


_SCALARS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "int": _number,
    "float": _float,
    "bool": _bool,
    "null": lambda text: None,
    "timestamp": str,  # a date is text until a column's encoder reads it
}
