"""What pydantic found wrong with a config, in this program's words and with places."""

from pathlib import PurePath
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from kerasette.errors import nearest

from .fields import received, said_as_bool
from .nodes import KeyPath, Node, find
from .problems import Problems
from .schema import Config
from .schema_data import BY_TYPE

_KINDS = {
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "a text",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}

_ELSEWHERE = {  # what people look for, and where it is
    "fit.validation_split": "Its place is data.split.validation.",
    "fit.validation_data": "Its place is data.split.validation.",
    "fit.verbose": "Use the options --quiet and --json.",
    "fit.callbacks": "Callbacks are a section of their own.",
    "fit.learning_rate": "Its place is compile.optimizer.learning_rate.",
    "fit.seed": "Its place is at the top: seed.",
    "compile.learning_rate": "Its place is compile.optimizer.learning_rate.",
    "compile.epochs": "Its place is fit.epochs.",
    "batch_size": "Its place is fit.batch_size.",
    "epochs": "Its place is fit.epochs.",
    "optimizer": "Its place is compile.optimizer.",
    "loss": "Its place is compile.loss.",
    "metrics": "Its place is compile.metrics.",
    "layers": "Its place is model.layers.",
    "lr": "Its place is compile.optimizer.learning_rate.",
    "compile.lr": "Its place is compile.optimizer.learning_rate.",
    "fit.lr": "Its place is compile.optimizer.learning_rate.",
    "callback": "It is called callbacks, a list.",
    "data.batch_size": "Its place is fit.batch_size.",
    "data.validation_split": "Its place is data.split.validation.",
    "data.test_split": "Its place is data.split.test.",
    "data.seed": "Its place is data.split.seed, or at the top: seed.",
    "data.shuffle": "Its place is fit.shuffle.",
    "model.optimizer": "Its place is compile.optimizer.",
    "model.loss": "Its place is compile.loss.",
    "model.metrics": "Its place is compile.metrics.",
    "model.type": "A model is made of layers, which have types: model.layers.",
    "learning_rate": "Its place is compile.optimizer.learning_rate.",
    "validation_split": "Its place is data.split.validation.",
}


def add_problems(error: ValidationError, problems: Problems) -> None:
    """Put all that pydantic found into ``problems``."""
    errors = error.errors(include_url=False)
    paths = [config_path(found["loc"], problems.root) for found in errors]
    unknown = [p for p, found in zip(paths, errors, strict=True) if _is_unknown(found)]
    for found, path in zip(errors, paths, strict=True):
        if found["type"] == "missing" and _is_misspelt(path, unknown, problems.root):
            continue  # told of already, as the key that is not known or stands elsewhere
        message, at_key = _message(found, path, problems.root)
        problems.add(path, message, at_key)


def _is_unknown(found: Any) -> bool:
    return found["type"] == "extra_forbidden"


def _is_misspelt(path: KeyPath, unknown: list[KeyPath], root: Node) -> bool:
    """Whether a key that is missing is there in another spelling, or what is in it elsewhere."""
    wanted = (repr(path[-1]), f"Its place is {path[-1]}.")
    return any(
        other[:-1] == path[:-1] and any(word in _unknown_key(other, root) for word in wanted)
        for other in unknown
    )


def config_path(loc: tuple[Any, ...], root: Node) -> KeyPath:
    """The path in the config of a place that pydantic names: without the names of union members."""
    path: KeyPath = ()
    for key in loc:
        node = find(root, path)
        is_tag = path == ("data",) and key in BY_TYPE
        is_member = isinstance(key, str) and node is not None and not isinstance(node.value, dict)
        if is_tag or is_member:
            continue
        path = (*path, key)
    return path


def _message(found: Any, path: KeyPath, root: Node) -> tuple[str, bool]:
    """What is wrong, and whether the key (rather than the value) is to be pointed at."""
    kind, value = found["type"], found["input"]
    context = found.get("ctx", {})
    if kind == "kerasette":
        return context["said"], False
    if kind == "extra_forbidden":
        return _unknown_key(path, root), True
    if kind == "missing":
        return "is missing." + _about(path, root), True
    if kind == "union_tag_not_found":
        return f"has no type.{_type_of_path(path, root)}", True
    if kind == "union_tag_invalid":
        name = context.get("tag")
        hint = nearest(name, BY_TYPE) or f" Known: {', '.join(BY_TYPE)}."
        return f"there is no type of data {name!r}.{hint}", False
    if kind in _KINDS:
        return f"must be {_KINDS[kind]}. {received(value)}.{_meant(kind, path, value)}", False
    if kind == "literal_error":
        hint = " Without the quotes it is." if value == str(context.get("expected")) else ""
        return f"must be {context.get('expected')}. {received(value)}.{hint}", False
    limits = {"greater_than_equal": ("at least", "ge"), "greater_than": ("above", "gt")}
    if kind in limits:
        words, name = limits[kind]
        return f"must be {words} {context[name]}. {received(value)}.", False
    if kind == "too_short":
        return f"must have {_entries('at least', context['min_length'])}. {received(value)}.", False
    if kind == "too_long":
        return f"must have {_entries('at most', context['max_length'])}. {received(value)}.", False
    said = found["msg"]
    return f"{said[0].lower()}{said[1:]}. {received(value)}.", False


def _type_of_path(path: KeyPath, root: Node) -> str:
    """The type of data that the file's suffix suggests, or all of them."""
    named = find(root, (*path, "path"))
    suffix = PurePath(str(named.value)).suffix.lower() if named is not None else ""
    by_suffix = {".csv": "table", ".tsv": "table", ".parquet": "table", ".npz": "arrays",
                 ".h5": "arrays", ".hdf5": "arrays"}  # fmt: skip
    if suffix in by_suffix:
        return f" For a {suffix} file write type: {by_suffix[suffix]}."
    return f" The types of data: {', '.join(BY_TYPE)}."


def _meant(kind: str, path: KeyPath, value: Any) -> str:
    """What was probably meant by a value of another type."""
    if kind in ("int_type", "float_type") and isinstance(value, str):
        try:
            int(value) if kind == "int_type" else float(value)
        except ValueError:
            return ""
        return " Without the quotes it is."
    if kind == "bool_type" and isinstance(value, str):
        return said_as_bool(value)
    if kind == "list_type" and isinstance(value, str | dict):
        if path == ("model", "layers") and isinstance(value, dict):
            return " Write a layer a line: - {type: Name, argument: value}."
        return f" Did you mean [{value}]?" if isinstance(value, str) else ""
    return ""


def _entries(words: str, count: int) -> str:
    return f"{words} {'one entry' if count == 1 else f'{count} entries'}"


def _unknown_key(path: KeyPath, root: Node) -> str:
    key = path[-1]
    section = section_at(path[:-1], root)
    known = list(section.model_fields) if section else []
    dotted_path = ".".join(map(str, path))
    if dotted_path in _ELSEWHERE:
        return f"unknown key. {_ELSEWHERE[dotted_path]}"
    hint = nearest(key, known)
    if not hint and known:
        hint = f" Known keys: {', '.join(known)}."
    return f"unknown key.{hint}"


def _about(path: KeyPath, root: Node) -> str:
    section = section_at(path[:-1], root)
    field = section.model_fields.get(str(path[-1])) if section else None
    if path == ("version",):
        return " Write version: 1."
    return f" ({field.description})" if field is not None and field.description else ""


def section_at(path: KeyPath, root: Node) -> type[BaseModel] | None:
    """The schema's class for the mapping at ``path``."""
    section: type[BaseModel] | None = Config
    for position, key in enumerate(path):
        if section is None:
            return None
        if path[: position + 1] == ("data",):
            node = find(root, ("data", "type")) or find(root, ("data",))
            section = BY_TYPE.get(str(node.value)) if node else None
            continue
        if isinstance(key, int) or key not in section.model_fields:
            section = _item_class(section)
            continue
        section = _class_in(section.model_fields[key].annotation)
    return section


def _item_class(section: type[BaseModel]) -> type[BaseModel] | None:
    return section if section.__name__ == "Column" else None


def _class_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in get_args(annotation):
        found = _class_in(part)
        if found is not None:
            return found
    return None
