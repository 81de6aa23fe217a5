"""What is wrong with a config: collected, then shown all at once."""

from dataclasses import replace

from ..errors import UsageProblem
from . import dotted
from .nodes import KeyPath, Node, Place, nearest_node


class Problem:
    """One thing that is wrong: where it stands, its dotted path, what is wrong."""

    def __init__(self, place: Place, path: KeyPath, message: str):
        self.place, self.path, self.message = place, path, message

    def __str__(self) -> str:
        name = f"{dotted.join(self.path)}: " if self.path else ""
        text = f"{self.place}: {name}{self.message}"
        if self.place.excerpt and self.place.column is not None:
            margin = " " * (len(self.place.excerpt) - len(self.place.excerpt.lstrip()))
            excerpt = self.place.excerpt.strip()
            pointer = max(0, self.place.column - 1 - len(margin))
            text += f"\n    {excerpt}\n    {' ' * pointer}^"
        return text

    @property
    def order(self) -> tuple[str, int, int]:
        return self.place.source, self.place.line or 0, self.place.column or 0


class ConfigError(UsageProblem):
    """All that is wrong with a config."""

    def __init__(self, problems: list[Problem]):
        unique = {str(problem): problem for problem in problems}
        self.problems = sorted(unique.values(), key=lambda problem: problem.order)
        count = len(self.problems)
        head = "The config has a problem." if count == 1 else f"The config has {count} problems."
        super().__init__("\n".join([head, *map(str, self.problems)]))


class Problems:
    """Collects problems of one config; ``check`` raises them together."""

    def __init__(self, root: Node):
        self.root = root
        self.found: list[Problem] = []

    def add(self, path: KeyPath, message: str, at_key: bool = False) -> None:
        """Note a problem of the value at ``path`` (or of its key); the nearest place is shown."""
        node, exact = nearest_node(self.root, path)
        place = node.where if at_key or not exact else node.place
        if node is self.root:  # its first line says nothing about what it lacks
            place = replace(place, excerpt="")
        self.found.append(Problem(place, path, message))

    def __bool__(self) -> bool:
        return bool(self.found)

    def problem(self, path: KeyPath, message: str) -> Problem:
        """A problem of the value at ``path``, which is not noted."""
        node, exact = nearest_node(self.root, path)
        return Problem(node.place if exact else node.where, path, message)

    def check(self) -> None:
        """Raise ``ConfigError`` where anything was found."""
        if self.found:
            raise ConfigError(self.found)


def single(place: Place, message: str, path: KeyPath = ()) -> ConfigError:
    """The error for one problem that leaves nothing else to be checked."""
    return ConfigError([Problem(place, path, message)])
