"""JSON with places, and no key twice."""

import json
import re
from typing import Any

from .lines import Lines
from .nodes import KeyPath, Node
from .problems import ConfigError, Problem, single

_SPACE = re.compile(r"[ \t\r\n]*")


def read_json(lines: Lines) -> Node:
    """The file's content as nodes. Raises ``ConfigError``."""
    try:
        json.loads(lines.text)
    except json.JSONDecodeError as error:
        said = error.msg[0].lower() + error.msg[1:]
        raise single(lines.at(error.pos), f"this is no valid JSON: {said}.") from None
    except RecursionError:
        raise single(lines.at(0), "this is nested too deeply.") from None
    skimmer = _Skimmer(lines)
    node, _ = skimmer.value(skimmer.space(0), ())
    if skimmer.problems:
        raise ConfigError(skimmer.problems)
    return node


class _Skimmer:
    """Walks over text that is known to be valid, and notes where each value stands."""

    def __init__(self, lines: Lines):
        self.lines, self.text = lines, lines.text
        self.decoder = json.JSONDecoder()
        self.problems: list[Problem] = []

    def space(self, index: int) -> int:
        found = _SPACE.match(self.text, index)
        return found.end() if found else index

    def value(self, index: int, path: KeyPath) -> tuple[Node, int]:
        place = self.lines.at(index)
        value: Any
        if self.text[index] == "{":
            value, end = self.mapping(index + 1, path)
        elif self.text[index] == "[":
            value, end = self.sequence(index + 1, path)
        else:
            value, end = self.decoder.raw_decode(self.text, index)
        return Node(value, place), end

    def mapping(self, index: int, path: KeyPath) -> tuple[dict[str, Node], int]:
        entries: dict[str, Node] = {}
        index = self.space(index)
        while self.text[index] != "}":
            place = self.lines.at(index)
            key, index = self.decoder.raw_decode(self.text, index)
            index = self.space(self.space(index) + 1)  # past the colon
            node, index = self.value(index, (*path, key))
            node.key_place = place
            if key in entries:
                first = entries[key].key_place
                line = first.line if first else "?"
                said = f"the key stands twice; the first is in line {line}."
                self.problems.append(Problem(place, (*path, key), said))
            else:
                entries[key] = node
            index = self.comma(index)
        return entries, index + 1

    def sequence(self, index: int, path: KeyPath) -> tuple[list[Node], int]:
        entries: list[Node] = []
        index = self.space(index)
        while self.text[index] != "]":
            node, index = self.value(index, (*path, len(entries)))
            entries.append(node)
            index = self.comma(index)
        return entries, index + 1

    def comma(self, index: int) -> int:
        index = self.space(index)
        return self.space(index + 1) if self.text[index] == "," else index
