"""From config files and ``--set`` to one checked config."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from .explain import add_problems, config_path
from .fields import IsPath
from .merge import merge
from .nodes import DEFAULT, KeyPath, Node, Place, find, plain
from .overrides import override
from .problems import Problems
from .read import read_file
from .schema import Config

EMBEDDED = Path(__file__).resolve().parents[1] / "configs"
_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


@dataclass
class Loaded:
    """A config that fits the schema, with what it was made of."""

    config: Config
    root: Node
    files: list[Path]
    settings: tuple[str, ...]
    problems: Problems
    name: str

    def place(self, path: KeyPath) -> Place:
        """Where the value at ``path`` comes from; ``DEFAULT`` where nobody gave it."""
        for length in range(len(path), 0, -1):
            node = find(self.root, path[:length])
            if node is not None:
                is_word = isinstance(node.value, str) and path[length:] == ("type",)
                return node.place if length == len(path) or is_word else DEFAULT
        return DEFAULT

    def resolved(self) -> dict[str, Any]:
        """The whole config as plain values, defaults and absolute paths included."""
        values = self.config.model_dump() | {"name": self.name}
        values["data"] = {"type": self.config.data.type, **values["data"]}  # first, as one writes
        return values


def load(files: tuple[str, ...] | list[str], settings: tuple[str, ...] = ()) -> Loaded:
    """Read, merge and check config files; none stands for the embedded one, ``digits``.

    Raises ``ConfigError`` with all that is wrong, ``UsageProblem`` for a file that is not there.
    """
    paths = [Path(file) for file in files] or [EMBEDDED / "digits.yaml"]
    nodes = [read_file(path, None if files else f"embedded {path.name}") for path in paths]
    root = override(merge(nodes), settings)
    problems = Problems(root)
    config = _validated(root, problems)
    problems.check()
    assert config is not None
    _resolve_paths(config, (), root, problems)
    problems.check()
    name = config.name or paths[-1].stem
    return Loaded(config, root, paths if files else [], settings, problems, name)


def _validated(root: Node, problems: Problems) -> Config | None:
    """The config, or ``None`` with ``problems`` filled.

    What was typed after ``--set`` counts as text where the schema wants text.
    """
    try:
        return Config.model_validate(plain(root))
    except ValidationError as error:
        was_typed = False
        for found in error.errors(include_url=False):
            node = find(root, config_path(found["loc"], root))
            if found["type"] == "string_type" and node is not None and node.text is not None:
                was_typed = was_typed or node.value != node.text
                node.value = node.text
        if was_typed:
            return _validated(root, problems)
        add_problems(error, problems)
        return None


def _resolve_paths(section: BaseModel, path: KeyPath, root: Node, problems: Problems) -> None:
    """Make relative paths start at the folder of the file that names them."""
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            _resolve_paths(value, (*path, name), root, problems)
        elif value is not None and any(isinstance(mark, IsPath) for mark in field.metadata):
            node = find(root, (*path, name))
            folder = node.place.folder if node is not None else None
            try:
                resolved = absolute(value, folder or Path.cwd())
            except KeyError as error:
                problems.add(
                    (*path, name),
                    f"the environment variable {error.args[0]} is not set. Set it, or give a "
                    f"default: ${{{error.args[0]}:-folder}}.",
                )
            else:
                setattr(section, name, str(resolved))


def absolute(text: str, folder: Path) -> Path:
    """A path with ``~``, ``${NAME}`` and ``${NAME:-default}`` filled in, starting at ``folder``.

    Raises ``KeyError`` for a variable that is not set.
    """

    def variable(found: re.Match[str]) -> str:
        value = os.environ.get(found[1])
        return value or found[2] if found[2] is not None else os.environ[found[1]]

    return Path(os.path.abspath(folder / Path(_VARIABLE.sub(variable, text)).expanduser()))
