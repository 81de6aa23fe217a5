"""Errors of data that point at the config's entry which named them."""

from typing import NoReturn

from ..config.nodes import KeyPath, Node, nearest_node
from ..config.problems import Problem
from ..errors import DataProblem


class DataProblems(DataProblem):
    """All that was found to be wrong with a config's data, each with its place."""

    def __init__(self, problems: list[Problem]):
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


class Blame:
    """Collects what is wrong with data, with the places of entries of the section ``data``."""

    def __init__(self, root: Node):
        self.root = root
        self.found: list[Problem] = []

    def add(self, path: KeyPath | str, message: str) -> None:
        """Note what is wrong with the entry at ``path`` below ``data``, and go on."""
        keys = ("data", path) if isinstance(path, str) else ("data", *path)
        node, exact = nearest_node(self.root, keys)
        self.found.append(Problem(node.place if exact else node.where, keys, message))

    def check(self) -> None:
        """Raise ``DataProblem`` with all that was noted."""
        if self.found:
            raise DataProblems(self.found)

    def fail(self, path: KeyPath | str, message: str) -> NoReturn:
        """End with ``message`` about the entry at ``path`` and all that was noted before."""
        self.add(path, message)
        raise DataProblems(self.found)
