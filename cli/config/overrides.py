"""``--set model.layers[2].units=64``: single values over those of the files."""

from pathlib import Path

from kerasette.errors import nearest

from ..errors import UsageProblem
from . import dotted
from .lines import Lines
from .merge import as_object, merge
from .nodes import KeyPath, Node, Place
from .problems import ConfigError
from .read_yaml import read_yaml


def override(root: Node, settings: tuple[str, ...]) -> Node:
    """The config with each ``path=value`` of ``settings`` put into place.

    A value is written as in YAML; the schema decides if a plain one is text after all. Raises
    ``UsageProblem`` for a setting that cannot be read, or whose place cannot be.
    """
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise UsageProblem(f"--set {setting}: write it as path=value, such as fit.epochs=20.")
        try:
            path = dotted.parse(name.strip())
        except ValueError as error:
            raise UsageProblem(f"--set {setting}: {error}.") from None
        root = _put(root, path, (), _value(text, setting), setting)
    return root


def _value(text: str, setting: str) -> Node:
    place = Place(f"--set {setting}", folder=Path.cwd())
    try:
        node = read_yaml(Lines("", text.strip(), Path.cwd()))
    except ConfigError as error:
        said = error.problems[0].message.removeprefix("this is no valid YAML: ")
        raise UsageProblem(f"--set {setting}: the value is no valid YAML: {said}") from None
    if not text.strip():
        return Node(None, place, place, "")
    return _placed(node, place, text.strip())


def _placed(node: Node, place: Place, text: str | None) -> Node:
    if isinstance(node.value, dict):
        value = {key: _placed(child, place, None) for key, child in node.value.items()}
        return Node(value, place, place)
    if isinstance(node.value, list):
        return Node([_placed(child, place, None) for child in node.value], place, place)
    return Node(node.value, place, place, text)


def _put(node: Node, path: KeyPath, above: KeyPath, value: Node, setting: str) -> Node:
    """A copy of ``node`` with ``value`` at ``path`` below it."""
    if not path:
        return merge([as_object(node, above), value])
    key, rest = path[0], path[1:]
    if isinstance(key, int):
        return _put_item(node, key, rest, above, value, setting)
    if isinstance(node.value, list):
        where = dotted.join(above)
        raise UsageProblem(
            f"--set {setting}: {where} is a list: write {where}[0] for the first of its entries."
        )
    node = as_object(node, above)
    entries = dict(node.value) if isinstance(node.value, dict) else {}
    child = entries.get(key) or Node(None, value.place, value.place)
    entries[key] = _put(child, rest, (*above, key), value, setting)
    return Node(entries, node.place, node.key_place)


def _put_item(
    node: Node, index: int, rest: KeyPath, above: KeyPath, value: Node, setting: str
) -> Node:
    where = dotted.join(above)
    if not isinstance(node.value, list):
        hint = ""
        if isinstance(node.value, dict):
            lists = [key for key, child in node.value.items() if isinstance(child.value, list)]
            hint = nearest(above[-1] if above else "", lists)
            if lists and not hint:
                hint = f" Did you mean {where}.{lists[0]}?"
        raise UsageProblem(f"--set {setting}: {where or 'the config'} is no list.{hint}")
    entries = list(node.value)
    if not -len(entries) <= index <= len(entries):
        raise UsageProblem(
            f"--set {setting}: {where} has {len(entries)} entries, [0] to [{len(entries) - 1}]; "
            f"[{len(entries)}] would add one."
        )
    if index == len(entries):
        entries.append(Node(None, value.place, value.place))
    entries[index] = _put(entries[index], rest, (*above, index), value, setting)
    return Node(entries, node.place, node.key_place)
