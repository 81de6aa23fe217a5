"""The JSON schema of config files, with the layers, optimizers… that there are."""

import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from kerasette import registry

from ..model.objects import kind_of_parameter
from ..model.signatures import ANY, Argument, arguments_of
from .schema import Config

_PLAIN = {int: "integer", float: "number", bool: "boolean", str: "string"}
_LISTS = {"metrics", "weighted_metrics"}


def json_schema() -> dict[str, Any]:
    """The schema (draft 2020-12)."""
    schema = Config.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    definitions = schema["$defs"]
    for kind in ("layer", "optimizer", "loss", "metric", "callback"):
        definitions[kind] = _kind(kind)
    compile_ = definitions["Compile"]["properties"]
    compile_["optimizer"] |= {"$ref": "#/$defs/optimizer"}
    compile_["loss"] |= {"anyOf": _several("loss")}
    for name in _LISTS:
        compile_[name] |= {"anyOf": _several("metric")}
    for properties in (compile_["optimizer"],):
        properties.pop("anyOf", None)
    layers = definitions["Model"]["properties"]["layers"]
    layers["anyOf"] = [
        {"type": "array", "items": {"$ref": "#/$defs/layer"}, "minItems": 1},
        {"type": "null"},
    ]
    schema["properties"]["callbacks"]["items"] = {"$ref": "#/$defs/callback"}
    return schema


def _several(kind: str) -> list[dict[str, Any]]:
    one = {"$ref": f"#/$defs/{kind}"}
    return [
        one,
        {"type": "array", "items": {"anyOf": [one, {"type": "array", "items": one}]}},
        {"type": "object", "not": {"required": ["type"]}},
        {"type": "null"},
    ]


def _kind(kind: str) -> dict[str, Any]:
    """A name, or a mapping with the arguments of the class of that name; or one of the user's."""
    table = registry.table(kind)
    classes = {name: made for name, made in table.items() if isinstance(made, type)}
    known = {name: made for name, made in classes.items() if made.__name__ == name}
    return {
        "anyOf": [
            {"type": "string", "examples": sorted(table)},
            *(_class(kind, name, made) for name, made in sorted(known.items())),
            {
                "type": "object",
                "required": ["type"],
                "properties": {"type": {"type": "string", "not": {"enum": sorted(known)}}},
            },
        ]
    }


def _class(kind: str, name: str, made: type) -> dict[str, Any]:
    arguments = arguments_of(made)
    properties: dict[str, Any] = {"type": {"const": name}}
    for key, argument in arguments.by_name.items():
        properties[key] = _argument(key, argument)
    if kind == "layer":
        properties["inputs"] = {"description": "Names of the layers or inputs that it takes."}
    required = [key for key, argument in arguments.by_name.items() if argument.is_required]
    summary = next(iter((made.__doc__ or "").strip().splitlines()), "")
    return {
        "type": "object",
        "description": summary,
        "required": ["type", *required],
        "properties": properties,
        "additionalProperties": arguments.takes_any,
    }


def _argument(name: str, argument: Argument) -> dict[str, Any]:
    described: dict[str, Any] = {}
    if argument.annotation is not ANY and kind_of_parameter(name) is None:
        described = _type(argument.annotation)
    if isinstance(argument.default, int | float | str | bool):
        described = described | {"default": argument.default}
    return described


def _type(annotation: Any) -> dict[str, Any]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(arguments[0])
    if origin in (Union, types.UnionType):
        parts = [_type(part) for part in arguments]
        return {"anyOf": parts} if all(parts) else {}
    if origin is Literal:
        return {"enum": list(arguments)}
    if annotation in _PLAIN:
        return {"type": _PLAIN[annotation]}
    if annotation is None or annotation is type(None):
        return {"type": "null"}
    if annotation in (tuple, list) or origin in (tuple, list):
        return {"type": "array"}
    return {"type": "object"} if annotation is dict or origin is dict else {}
