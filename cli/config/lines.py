"""The lines of a config file, from which places are made."""

from bisect import bisect_right
from pathlib import Path

from .nodes import Place


class Lines:
    """A file's text with the places in it."""

    def __init__(self, source: str, text: str, folder: Path):
        self.source, self.text, self.folder = source, text, folder
        self._lines = text.split("\n")
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def place(self, line: int, column: int) -> Place:
        """The place at a line and column, both from 1."""
        excerpt = self._lines[line - 1].rstrip("\r") if line <= len(self._lines) else ""
        return Place(self.source, line, column, self.folder, excerpt.replace("\t", " "))

    def at(self, index: int) -> Place:
        """The place of the character at ``index`` of the text."""
        line = bisect_right(self._starts, index)
        line = min(line, len(self._lines))
        return self.place(line, index - self._starts[line - 1] + 1)
