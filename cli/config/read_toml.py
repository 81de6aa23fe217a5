"""TOML with places: ``tomllib`` reads it, a skimmer over the valid text says where things stand."""

import re
import tomllib
from datetime import date, datetime, time
from typing import Any

from .lines import Lines
from .nodes import KeyPath, Node, Place
from .problems import single

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_TEXT = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:\\.|[^"\\\n])*"|' + r"'[^'\n]*'",
    re.DOTALL,
)
_OTHER = re.compile(r"[^,\]}#\n]+")
_ERROR = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)")


def read_toml(lines: Lines) -> Node:
    """The file's content as nodes. Raises ``ConfigError``."""
    try:
        value = tomllib.loads(lines.text)
    except tomllib.TOMLDecodeError as error:
        found = _ERROR.fullmatch(str(error))
        place = lines.at(len(lines.text.rstrip()))
        if found and found[2]:
            place = lines.place(int(found[2]), int(found[3]))
        said = found[1] if found else str(error)
        said = said[0].lower() + said[1:]
        raise single(place, f"this is no valid TOML: {said}.") from None
    except RecursionError:
        raise single(lines.at(0), "this is nested too deeply.") from None
    skimmer = _Skimmer(lines)
    skimmer.document()
    return _nodes(value, (), skimmer, lines.place(1, 1))


def _nodes(value: Any, path: KeyPath, skimmer: "_Skimmer", above: Place) -> Node:
    key_place = skimmer.keys.get(path)
    place = skimmer.values.get(path) or key_place or above
    if isinstance(value, dict):
        value = {key: _nodes(child, (*path, key), skimmer, place) for key, child in value.items()}
    elif isinstance(value, list):
        value = [_nodes(child, (*path, i), skimmer, place) for i, child in enumerate(value)]
    elif isinstance(value, datetime | date | time):
        value = value.isoformat()
    return Node(value, place, key_place)


class _Skimmer:
    """Notes the places of keys and values in TOML that is known to be valid."""

    def __init__(self, lines: Lines):
        self.lines, self.text = lines, lines.text
        self.keys: dict[KeyPath, Place] = {}
        self.values: dict[KeyPath, Place] = {}
        self.counts: dict[KeyPath, int] = {}  # of arrays of tables

    def document(self) -> None:
        table: KeyPath = ()
        index = self.skip(_BLANK, 0)
        while index < len(self.text):
            if self.text[index] == "[":
                is_array = self.text.startswith("[[", index)
                start = self.skip(_SPACE, index + 1 + is_array)
                keys, index = self.key(start)
                table = self.table(keys, is_array, start)
                index = self.skip(_SPACE, index) + 1 + is_array
            else:
                index = self.entry(index, table)
            index = self.skip(_BLANK, index)

    def table(self, keys: list[str], is_array: bool, start: int) -> KeyPath:
        path: KeyPath = ()
        for position, key in enumerate(keys):
            path = (*path, key)
            self.keys.setdefault(path, self.lines.at(start))
            last = position == len(keys) - 1
            if last and is_array:
                self.counts[path] = self.counts.get(path, 0) + 1
            if path in self.counts:
                path = (*path, self.counts[path] - 1)
        if is_array:
            self.values[path] = self.lines.at(start)
        return path

    def entry(self, index: int, table: KeyPath) -> int:
        place = self.lines.at(index)
        keys, index = self.key(index)
        path = table
        for key in keys:
            path = (*path, key)
            self.keys.setdefault(path, place)
        index = self.skip(_SPACE, self.skip(_SPACE, index) + 1)  # past the equals sign
        return self.value(index, path)

    def key(self, index: int) -> tuple[list[str], int]:
        keys: list[str] = []
        while True:
            found = _TEXT.match(self.text, index) or _BARE.match(self.text, index)
            assert found is not None
            part = found[0]
            quoted = part[0] in "\"'"
            keys.append(tomllib.loads(f"x = {part}")["x"] if quoted else part)
            index = found.end()
            after = self.skip(_SPACE, index)
            if not self.text.startswith(".", after):
                return keys, index
            index = self.skip(_SPACE, after + 1)

    def value(self, index: int, path: KeyPath) -> int:
        self.values[path] = self.lines.at(index)
        if self.text[index] == "[":
            index, count = self.skip(_BLANK, index + 1), 0
            while self.text[index] != "]":
                index = self.comma(self.value(index, (*path, count)))
                count += 1
            return index + 1
        if self.text[index] == "{":
            index = self.skip(_BLANK, index + 1)
            while self.text[index] != "}":
                index = self.comma(self.entry(index, path))
            return index + 1
        found = _TEXT.match(self.text, index) or _OTHER.match(self.text, index)
        return found.end() if found else index + 1

    def comma(self, index: int) -> int:
        index = self.skip(_BLANK, index)
        return self.skip(_BLANK, index + 1) if self.text[index] == "," else index

    def skip(self, pattern: re.Pattern[str], index: int) -> int:
        found = pattern.match(self.text, index)
        return found.end() if found else index
