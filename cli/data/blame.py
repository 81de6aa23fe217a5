"""Errors of data that point at the config's entry which named them."""

from typing import NoReturn

from ..config.nodes import KeyPath, Node, nearest_node
from ..config.problems import Problem
from ..errors import DataProblem


class Blame:
    """Raises ``DataProblem`` with the place of an entry of the section ``data``."""

    def __init__(self, root: Node):
        self.root = root

    def fail(self, path: KeyPath | str, message: str) -> NoReturn:
        """End with ``message`` about the entry at ``path`` below ``data``."""
        self.fail_all([(path, message)])

    def fail_all(self, found: list[tuple[KeyPath | str, str]]) -> NoReturn:
        """End with several messages, each about the entry at its path."""
        problems = []
        for path, message in found:
            keys = ("data", path) if isinstance(path, str) else ("data", *path)
            node, exact = nearest_node(self.root, keys)
            problems.append(str(Problem(node.place if exact else node.where, keys, message)))
        raise DataProblem("\n".join(problems))
